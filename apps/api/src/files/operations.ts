import { FILE_PURPOSES, filePage, storedFile, uploadFields } from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';
import { choice, noQuery, pageQuery } from '../http/query.js';
import { FILE_ID } from '../http/shared-shapes.js';

export const listFilesQuery = z.strictObject({
  ...pageQuery,
  purpose: choice(FILE_PURPOSES).exactOptional(),
});

const path = { id: FILE_ID };

export const uploadFile: Operation = {
  id: 'createFile',
  tag: 'Files',
  summary: 'Upload a file',
  description: 'It is counted and hashed while it comes; after any error nothing of it is kept.',
  headers: ['Idempotency-Key'],
  body: { schema: uploadFields, multipart: true },
  answers: {
    201: { description: 'The file.', schema: storedFile, headers: ['Location', 'Idempotency-Replayed'] },
  },
  errors: ['malformed-multipart', 'quota-exceeded', 'storage-full'],
};

export const listFiles: Operation = {
  id: 'listFiles',
  tag: 'Files',
  summary: 'List files, newest first',
  query: listFilesQuery,
  answers: { 200: { description: 'A page.', schema: filePage, headers: ['Link'] } },
};

export const getFile: Operation = {
  id: 'getFile',
  tag: 'Files',
  summary: 'Get a file’s description',
  path,
  query: noQuery,
  answers: { 200: { description: 'The file.', schema: storedFile } },
};

export const downloadFile: Operation = {
  id: 'downloadFile',
  tag: 'Files',
  summary: 'Get a file’s bytes',
  description:
    'One range of bytes, or all of them. A range that the file does not have, and several ranges, are answered with all bytes, as RFC 9110 allows.',
  path,
  query: noQuery,
  headers: ['Range', 'If-Range', 'If-Match'],
  answers: {
    200: {
      description: 'All bytes.',
      type: 'application/octet-stream',
      headers: ['ETag', 'Content-Disposition'],
    },
    206: {
      description: 'The range that was asked for.',
      type: 'application/octet-stream',
      headers: ['ETag', 'Content-Disposition', 'Content-Range'],
    },
  },
  errors: ['precondition-failed'],
};

export const deleteFile: Operation = {
  id: 'deleteFile',
  tag: 'Files',
  summary: 'Delete a file',
  path,
  query: noQuery,
  answers: { 204: { description: 'It is gone.' } },
  errors: ['in-use'],
};
