import {
  classificationList,
  classificationsBody,
  embeddingList,
  embeddingsBody,
  moderation,
  moderationsBody,
  openaiBatch,
  openaiBatchBody,
  openaiBatchesQuery,
  openaiError,
  openaiListOf,
} from '@heddle/dialects';
import { z } from 'zod';
import type { Operation } from '../../http/operation.js';
import { openaiFile, openaiFilesQuery, openaiUploadFields } from './files.js';

const openaiModel = z
  .strictObject({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })
  .meta({ id: 'OpenAIModel' });
export type OpenaiModel = z.infer<typeof openaiModel>;

const OF_OPENAI = { tag: 'OpenAI', envelope: openaiError } as const;

export const listOpenaiModels: Operation = {
  ...OF_OPENAI,
  id: 'listOpenaiModels',
  summary: 'List models',
  answers: {
    200: {
      description: 'All of them.',
      schema: z.strictObject({ object: z.literal('list'), data: z.array(openaiModel) }),
    },
  },
};

const oneModel = { 200: { description: 'The model.', schema: openaiModel } };

export const getOpenaiModel: Operation = {
  ...OF_OPENAI,
  id: 'getOpenaiModel',
  summary: 'Get a model',
  answers: oneModel,
};

export const getOpenaiModelOfOwner: Operation = {
  ...OF_OPENAI,
  id: 'getOpenaiModelOfOwner',
  summary: 'Get a model that is named with its owner',
  answers: oneModel,
};

export const createOpenaiEmbedding: Operation = {
  ...OF_OPENAI,
  id: 'createOpenaiEmbedding',
  summary: 'Vectors of texts',
  headers: ['Idempotency-Key', 'traceparent'],
  body: { schema: embeddingsBody },
  answers: { 200: { description: 'In the order of the texts.', schema: embeddingList } },
};

export const createOpenaiModeration: Operation = {
  ...OF_OPENAI,
  id: 'createOpenaiModeration',
  summary: 'Which labels texts have',
  headers: ['Idempotency-Key', 'traceparent'],
  body: { schema: moderationsBody },
  answers: { 200: { description: 'In the order of the texts.', schema: moderation } },
};

export const createOpenaiClassification: Operation = {
  ...OF_OPENAI,
  id: 'createOpenaiClassification',
  summary: 'Labels of texts by score',
  headers: ['Idempotency-Key', 'traceparent'],
  body: {
    schema: classificationsBody,
    examples: { sentiment: { model: 'sentiment', input: ['I loved it', 'meh'], top_k: 1 } },
  },
  answers: { 200: { description: 'In the order of the texts.', schema: classificationList } },
};

export const createOpenaiFile: Operation = {
  ...OF_OPENAI,
  id: 'createOpenaiFile',
  summary: 'Upload a file',
  headers: ['Idempotency-Key'],
  body: { schema: openaiUploadFields, multipart: true },
  answers: { 200: { description: 'The file.', schema: openaiFile } },
};

export const listOpenaiFiles: Operation = {
  ...OF_OPENAI,
  id: 'listOpenaiFiles',
  summary: 'List files',
  query: openaiFilesQuery,
  answers: { 200: { description: 'A page.', schema: openaiListOf('OpenAIFileList', openaiFile) } },
};

export const getOpenaiFile: Operation = {
  ...OF_OPENAI,
  id: 'getOpenaiFile',
  summary: 'Get a file’s description',
  answers: { 200: { description: 'The file.', schema: openaiFile } },
};

export const getOpenaiFileContent: Operation = {
  ...OF_OPENAI,
  id: 'getOpenaiFileContent',
  summary: 'Get a file’s bytes',
  answers: { 200: { description: 'All bytes.', type: 'application/octet-stream' } },
};

export const deleteOpenaiFile: Operation = {
  ...OF_OPENAI,
  id: 'deleteOpenaiFile',
  summary: 'Delete a file',
  answers: {
    200: {
      description: 'It is gone.',
      schema: z.strictObject({ id: z.string(), object: z.literal('file'), deleted: z.literal(true) }),
    },
  },
};

export const createOpenaiBatch: Operation = {
  ...OF_OPENAI,
  id: 'createOpenaiBatch',
  summary: 'Run the lines of an uploaded file',
  description: 'All lines are of one model, which the first of them names.',
  headers: ['Idempotency-Key'],
  body: { schema: openaiBatchBody },
  answers: { 200: { description: 'The batch.', schema: openaiBatch } },
};

export const listOpenaiBatches: Operation = {
  ...OF_OPENAI,
  id: 'listOpenaiBatches',
  summary: 'List batches, newest first',
  query: openaiBatchesQuery,
  answers: { 200: { description: 'A page.', schema: openaiListOf('OpenAIBatchList', openaiBatch) } },
};

export const getOpenaiBatch: Operation = {
  ...OF_OPENAI,
  id: 'getOpenaiBatch',
  summary: 'Get a batch',
  answers: { 200: { description: 'The batch now.', schema: openaiBatch } },
};

export const cancelOpenaiBatch: Operation = {
  ...OF_OPENAI,
  id: 'cancelOpenaiBatch',
  summary: 'Cancel a batch',
  answers: { 200: { description: 'The batch as it is now.', schema: openaiBatch } },
};
