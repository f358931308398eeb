import { huggingfaceAnswer, huggingfaceBody, huggingfaceError, teiInfo } from '@heddle/dialects';
import type { Operation } from '../../http/operation.js';

const OF_HUGGINGFACE = { tag: 'Hugging Face', envelope: huggingfaceError } as const;

const inference = {
  ...OF_HUGGINGFACE,
  headers: ['Idempotency-Key', 'traceparent'],
  body: { schema: huggingfaceBody },
  answers: { 200: { description: 'As the pipeline of the task answers.', schema: huggingfaceAnswer } },
} as const;

export const runHuggingface: Operation = {
  ...inference,
  id: 'runHuggingface',
  summary: 'Ask a model',
  description:
    'Which task it is follows from the body: candidate labels, a question, sentences, a query; else it is the model’s first.',
};

export const runHuggingfacePipeline: Operation = {
  ...inference,
  id: 'runHuggingfacePipeline',
  summary: 'Ask a model for a task',
};

export const getHuggingfaceHealth: Operation = {
  ...OF_HUGGINGFACE,
  id: 'getHuggingfaceHealth',
  summary: 'Whether the server answers',
  answers: { 200: { description: 'It does, whatever the model.' } },
};

export const getHuggingfaceInfo: Operation = {
  ...OF_HUGGINGFACE,
  id: 'getHuggingfaceInfo',
  summary: 'What model it is',
  answers: { 200: { description: 'The model, and limits of the server.', schema: teiInfo } },
};
