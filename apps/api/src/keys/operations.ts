import { apiKey, apiKeyPage, createKeyBody } from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';
import { noQuery, pageQuery } from '../http/query.js';
import { KEY_ID } from '../http/shared-shapes.js';

export const listKeysQuery = z.strictObject(pageQuery);

export const createKey: Operation = {
  id: 'createKey',
  tag: 'Account',
  summary: 'Make a key of the tenant',
  description: 'Its secret is in this answer and nowhere else. A key grants no scope that it lacks itself.',
  headers: ['Idempotency-Key'],
  body: {
    schema: createKeyBody,
    examples: { reader: { name: 'ci', scopes: ['infer', 'read'], rate_limit_per_min: 600 } },
  },
  answers: {
    201: { description: 'The key.', schema: apiKey, headers: ['Location', 'Idempotency-Replayed'] },
  },
};

export const listKeys: Operation = {
  id: 'listKeys',
  tag: 'Account',
  summary: 'List the keys of the tenant, newest first',
  query: listKeysQuery,
  answers: { 200: { description: 'A page.', schema: apiKeyPage, headers: ['Link'] } },
};

export const deleteKey: Operation = {
  id: 'deleteKey',
  tag: 'Account',
  summary: 'Take a key out of service',
  description: 'It stops working within a second.',
  path: { id: KEY_ID },
  query: noQuery,
  answers: { 204: { description: 'It is gone.' } },
};
