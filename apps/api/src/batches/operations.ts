import { BATCH_STATES, batch, batchPage, createBatchBody, emptyBody } from '@heddle/contracts';
import { z } from 'zod';
import { eventQuery } from '../http/event-query.js';
import type { Operation } from '../http/operation.js';
import { noQuery, pageQuery, repeatable } from '../http/query.js';
import { BATCH_ID } from '../http/shared-shapes.js';

export const listBatchesQuery = z.strictObject({
  ...pageQuery,
  status: repeatable(BATCH_STATES).exactOptional(),
});

const path = { id: BATCH_ID };

export const createBatch: Operation = {
  id: 'createBatch',
  tag: 'Batches',
  summary: 'Run the lines of an uploaded file',
  description:
    'Each line is `{"custom_id", "input", "parameters"?}`. Its answer or its error stands in one of two files when the batch has ended.',
  headers: ['Idempotency-Key'],
  body: { schema: createBatchBody },
  answers: {
    202: { description: 'Accepted.', schema: batch, headers: ['Location', 'Idempotency-Replayed'] },
  },
  errors: [
    'not-found',
    'no-default-version',
    'version-not-ready',
    'version-archived',
    'task-not-supported',
    'webhook-url-invalid',
    'quota-exceeded',
  ],
};

export const listBatches: Operation = {
  id: 'listBatches',
  tag: 'Batches',
  summary: 'List batches, newest first',
  query: listBatchesQuery,
  answers: { 200: { description: 'A page.', schema: batchPage, headers: ['Link'] } },
};

export const getBatch: Operation = {
  id: 'getBatch',
  tag: 'Batches',
  summary: 'Get a batch',
  path,
  query: noQuery,
  headers: ['Prefer'],
  answers: { 200: { description: 'The batch now.', schema: batch, headers: ['Preference-Applied'] } },
};

export const cancelBatch: Operation = {
  id: 'cancelBatch',
  tag: 'Batches',
  summary: 'Cancel a batch',
  description: 'Lines that are done stay done. A batch that has run, or ended, stays as it is.',
  path,
  body: { schema: emptyBody, optional: true },
  answers: { 200: { description: 'The batch as it is now.', schema: batch } },
};

export const streamBatchEvents: Operation = {
  id: 'streamBatchEvents',
  tag: 'Batches',
  summary: 'Follow a batch by server-sent events',
  description: 'Events are `status`, `progress` and, last, `done`.',
  path,
  query: eventQuery,
  headers: ['Last-Event-ID'],
  answers: {
    200: { description: 'The stream.', type: 'text/event-stream' },
    204: { description: 'All of it was had already.' },
  },
  errors: ['not-acceptable'],
};
