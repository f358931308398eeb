import {
  createEvaluationBody,
  EVALUATION_STATES,
  emptyBody,
  evaluation,
  evaluationItemPage,
  evaluationPage,
  MODEL_NAME,
} from '@heddle/contracts';
import { z } from 'zod';
import { eventQuery } from '../http/event-query.js';
import type { Operation } from '../http/operation.js';
import { choice, noQuery, pageQuery, repeatable } from '../http/query.js';
import { EVALUATION_ID } from '../http/shared-shapes.js';

export const listEvaluationsQuery = z.strictObject({
  ...pageQuery,
  status: repeatable(EVALUATION_STATES).exactOptional(),
  model: z.string().regex(MODEL_NAME, 'a model name').exactOptional(),
  version: z.string().exactOptional().describe('`ver_…`'),
  dataset: z.string().exactOptional().describe('`file_…`'),
});

export const listItemsQuery = z.strictObject({
  ...pageQuery,
  correct: choice(['true', 'false']).exactOptional().describe('Those that were answered right, or wrong.'),
});

const path = { id: EVALUATION_ID };

export const createEvaluation: Operation = {
  id: 'createEvaluation',
  tag: 'Evaluations',
  summary: 'Measure a version on a data set',
  description:
    'Each example is answered by the version, and by a baseline where one is named. Metrics are made of all answers when they are there.',
  headers: ['Idempotency-Key'],
  body: { schema: createEvaluationBody },
  answers: {
    202: { description: 'Accepted.', schema: evaluation, headers: ['Location', 'Idempotency-Replayed'] },
  },
  errors: [
    'not-found',
    'no-default-version',
    'version-not-ready',
    'version-archived',
    'task-not-supported',
    'text-too-long',
    'quota-exceeded',
  ],
};

export const listEvaluations: Operation = {
  id: 'listEvaluations',
  tag: 'Evaluations',
  summary: 'List evaluations, newest first',
  query: listEvaluationsQuery,
  answers: { 200: { description: 'A page.', schema: evaluationPage, headers: ['Link'] } },
};

export const getEvaluation: Operation = {
  id: 'getEvaluation',
  tag: 'Evaluations',
  summary: 'Get an evaluation',
  path,
  query: noQuery,
  headers: ['Prefer'],
  answers: {
    200: { description: 'The evaluation now.', schema: evaluation, headers: ['Preference-Applied'] },
  },
};

export const streamEvaluationEvents: Operation = {
  id: 'streamEvaluationEvents',
  tag: 'Evaluations',
  summary: 'Follow an evaluation by server-sent events',
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

export const cancelEvaluation: Operation = {
  id: 'cancelEvaluation',
  tag: 'Evaluations',
  summary: 'Cancel an evaluation',
  description: 'One that has ended stays as it is.',
  path,
  body: { schema: emptyBody, optional: true },
  answers: { 200: { description: 'The evaluation as it is now.', schema: evaluation } },
};

export const listEvaluationItems: Operation = {
  id: 'listEvaluationItems',
  tag: 'Evaluations',
  summary: 'List examples and what was answered, in the order of the data set',
  path,
  query: listItemsQuery,
  answers: { 200: { description: 'A page.', schema: evaluationItemPage, headers: ['Link'] } },
};
