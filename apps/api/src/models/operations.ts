import { changeModelBody, createModelBody, model, modelPage, TASKS } from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';
import { choice, noQuery, pageQuery } from '../http/query.js';
import { MODEL_IN_PATH } from '../http/shared-shapes.js';

export const listModelsQuery = z.strictObject({ ...pageQuery, task: choice(TASKS).exactOptional() });

const path = { model: MODEL_IN_PATH };

export const createModel: Operation = {
  id: 'createModel',
  tag: 'Models',
  summary: 'Make a model, whose versions are imported afterwards',
  headers: ['Idempotency-Key'],
  body: {
    schema: createModelBody,
    examples: { model: { name: 'reviews', description: 'Stars of reviews' } },
  },
  answers: {
    201: { description: 'The model.', schema: model, headers: ['Location', 'Idempotency-Replayed'] },
  },
  errors: ['already-exists'],
};

export const listModels: Operation = {
  id: 'listModels',
  tag: 'Models',
  summary: 'List the models that the tenant sees, newest first',
  query: listModelsQuery,
  answers: { 200: { description: 'A page.', schema: modelPage, headers: ['Link'] } },
};

export const getModel: Operation = {
  id: 'getModel',
  tag: 'Models',
  summary: 'Get a model',
  path,
  query: noQuery,
  answers: { 200: { description: 'The model.', schema: model } },
};

export const changeModel: Operation = {
  id: 'updateModel',
  tag: 'Models',
  summary: 'Change a model',
  path,
  body: {
    schema: changeModelBody,
    optional: true,
    examples: {
      described: { description: 'Stars, 1 to 5' },
      gated: {
        gates: [
          { metric: 'accuracy', min: 0.9 },
          { metric: 'macro_f1', max_drop: 0.005 },
        ],
        gated: ['production'],
      },
    },
  },
  answers: { 200: { description: 'The model as it is now.', schema: model } },
};

export const deleteModel: Operation = {
  id: 'deleteModel',
  tag: 'Models',
  summary: 'Delete a model and its versions',
  path,
  query: noQuery,
  answers: { 204: { description: 'It is gone.' } },
  errors: ['in-use'],
};
