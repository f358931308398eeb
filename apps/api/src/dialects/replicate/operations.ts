import { type ErrorCode, emptyBody } from '@heddle/contracts';
import {
  prediction,
  predictionBody,
  replicateDeployment,
  replicateListOf,
  replicateModel,
  replicateVersion,
} from '@heddle/dialects';
import { z } from 'zod';
import type { Operation } from '../../http/operation.js';
import { replicateFile } from './files.js';
import { replicateQuery } from './pages.js';

const tag = 'Replicate';
const OF_SUBMISSIONS: readonly ErrorCode[] = [
  'not-found',
  'no-default-version',
  'version-not-ready',
  'version-archived',
  'invalid-input',
  'text-too-long',
  'too-many-inputs',
  'task-not-supported',
  'webhook-url-invalid',
  'quota-exceeded',
];

const creation: Pick<Operation, 'tag' | 'headers' | 'body' | 'answers' | 'errors'> = {
  tag,
  headers: ['Idempotency-Key', 'Prefer', 'traceparent'],
  body: { schema: predictionBody },
  answers: {
    201: {
      description: 'The prediction, ended where `Prefer: wait` saw it end.',
      schema: prediction,
      headers: ['Location', 'Idempotency-Replayed', 'Preference-Applied'],
    },
  },
  errors: OF_SUBMISSIONS,
};

export const createPrediction: Operation = {
  ...creation,
  id: 'createReplicatePrediction',
  summary: 'Ask a version',
};

export const createModelPrediction: Operation = {
  ...creation,
  id: 'createReplicateModelPrediction',
  summary: 'Ask a model',
};

export const createDeploymentPrediction: Operation = {
  ...creation,
  id: 'createReplicateDeploymentPrediction',
  summary: 'Ask what an alias leads to',
};

export const listPredictions: Operation = {
  tag,
  id: 'listReplicatePredictions',
  summary: 'List predictions, newest first',
  query: replicateQuery,
  answers: {
    200: { description: 'A page.', schema: replicateListOf('ReplicatePredictionList', prediction) },
  },
};

export const getPrediction: Operation = {
  tag,
  id: 'getReplicatePrediction',
  summary: 'Get a prediction',
  answers: { 200: { description: 'The prediction now.', schema: prediction } },
};

export const cancelPrediction: Operation = {
  tag,
  id: 'cancelReplicatePrediction',
  summary: 'Cancel a prediction',
  body: { schema: emptyBody, optional: true },
  answers: { 200: { description: 'The prediction as it is now.', schema: prediction } },
};

export const streamPrediction: Operation = {
  tag,
  id: 'streamReplicatePrediction',
  summary: 'Follow a prediction by server-sent events',
  description: 'Events are `output`, `error` and, last, `done`.',
  headers: ['Last-Event-ID'],
  answers: {
    200: { description: 'The stream.', type: 'text/event-stream' },
    204: { description: 'All of it was had already.' },
  },
};

export const listReplicateModels: Operation = {
  tag,
  id: 'listReplicateModels',
  summary: 'List models, newest first',
  query: replicateQuery,
  answers: { 200: { description: 'A page.', schema: replicateListOf('ReplicateModelList', replicateModel) } },
};

export const getReplicateModel: Operation = {
  tag,
  id: 'getReplicateModel',
  summary: 'Get a model',
  answers: { 200: { description: 'The model.', schema: replicateModel } },
};

export const listReplicateVersions: Operation = {
  tag,
  id: 'listReplicateVersions',
  summary: 'List the versions of a model, newest first',
  query: replicateQuery,
  answers: {
    200: { description: 'A page.', schema: replicateListOf('ReplicateVersionList', replicateVersion) },
  },
};

export const getReplicateVersion: Operation = {
  tag,
  id: 'getReplicateVersion',
  summary: 'Get a version',
  answers: { 200: { description: 'The version.', schema: replicateVersion } },
};

export const listReplicateDeployments: Operation = {
  tag,
  id: 'listReplicateDeployments',
  summary: 'List deployments, the aliases of all models, by name',
  query: replicateQuery,
  answers: {
    200: {
      description: 'A page.',
      schema: replicateListOf('ReplicateDeploymentList', replicateDeployment),
    },
  },
};

export const getReplicateDeployment: Operation = {
  tag,
  id: 'getReplicateDeployment',
  summary: 'Get a deployment: `name@alias`, or `name` for its alias `production`',
  answers: { 200: { description: 'The deployment.', schema: replicateDeployment } },
};

export const getReplicateAccount: Operation = {
  tag,
  id: 'getReplicateAccount',
  summary: 'The tenant of the key',
  answers: {
    200: {
      description: 'The tenant.',
      schema: z.strictObject({
        type: z.literal('organization'),
        username: z.string(),
        name: z.string(),
        github_url: z.null(),
      }),
    },
  },
};

export const listReplicateHardware: Operation = {
  tag,
  id: 'listReplicateHardware',
  summary: 'One row: what runs predictions is the operator’s business',
  answers: {
    200: {
      description: 'The row.',
      schema: z.array(z.strictObject({ name: z.string(), sku: z.string() })),
    },
  },
};

export const getReplicateWebhookSecret: Operation = {
  tag,
  id: 'getReplicateWebhookSecret',
  summary: 'What webhooks of predictions are signed with',
  answers: { 200: { description: 'The secret.', schema: z.strictObject({ key: z.string() }) } },
};

export const createReplicateFile: Operation = {
  tag,
  id: 'createReplicateFile',
  summary: 'Upload a file',
  description: 'The part is called `content`.',
  headers: ['Idempotency-Key'],
  body: { schema: z.object({}), multipart: true },
  answers: {
    201: { description: 'The file.', schema: replicateFile, headers: ['Idempotency-Replayed'] },
  },
  errors: ['malformed-multipart', 'quota-exceeded', 'storage-full'],
};

export const listReplicateFiles: Operation = {
  tag,
  id: 'listReplicateFiles',
  summary: 'List files, newest first',
  query: replicateQuery,
  answers: { 200: { description: 'A page.', schema: replicateListOf('ReplicateFileList', replicateFile) } },
};

export const getReplicateFile: Operation = {
  tag,
  id: 'getReplicateFile',
  summary: 'Get a file’s description',
  answers: { 200: { description: 'The file.', schema: replicateFile } },
};

export const deleteReplicateFile: Operation = {
  tag,
  id: 'deleteReplicateFile',
  summary: 'Delete a file',
  answers: { 204: { description: 'It is gone.' } },
  errors: ['in-use'],
};
