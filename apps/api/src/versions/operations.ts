import {
  changeVersionBody,
  importVersionBody,
  VERSION_STATES,
  version,
  versionPage,
} from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';
import { noQuery, pageQuery, repeatable } from '../http/query.js';
import { MODEL_IN_PATH, VERSION_IN_PATH } from '../http/shared-shapes.js';

export const listVersionsQuery = z.strictObject({
  ...pageQuery,
  status: repeatable(VERSION_STATES).exactOptional(),
});

const ofModel = { model: MODEL_IN_PATH };
const path = { ...ofModel, version: VERSION_IN_PATH };

export const importVersion: Operation = {
  id: 'importVersion',
  tag: 'Models',
  summary: 'Import a version from uploaded files',
  description: 'A worker compiles it and checks it against the source weights; `status` says how far it is.',
  path: ofModel,
  headers: ['Idempotency-Key'],
  body: { schema: importVersionBody },
  answers: {
    202: { description: 'Accepted.', schema: version, headers: ['Location', 'Idempotency-Replayed'] },
  },
  errors: ['not-a-checkpoint'],
};

export const listVersions: Operation = {
  id: 'listVersions',
  tag: 'Models',
  summary: 'List the versions of a model, newest first',
  path: ofModel,
  query: listVersionsQuery,
  answers: { 200: { description: 'A page.', schema: versionPage, headers: ['Link'] } },
};

export const getVersion: Operation = {
  id: 'getVersion',
  tag: 'Models',
  summary: 'Get a version',
  path,
  query: noQuery,
  headers: ['Prefer'],
  answers: {
    200: { description: 'The version now.', schema: version, headers: ['Preference-Applied'] },
  },
};

export const changeVersion: Operation = {
  id: 'updateVersion',
  tag: 'Models',
  summary: 'Note, keep warm, limit or archive a version',
  path,
  body: {
    schema: changeVersionBody,
    optional: true,
    examples: { warm: { warm: true }, shorter: { max_tokens: 256 } },
  },
  answers: { 200: { description: 'The version as it is now.', schema: version } },
  errors: ['version-not-ready', 'in-use'],
};

export const deleteVersion: Operation = {
  id: 'deleteVersion',
  tag: 'Models',
  summary: 'Delete a version; an unfinished import is canceled by this',
  path,
  query: noQuery,
  answers: { 204: { description: 'It is gone.' } },
  errors: ['in-use'],
};
