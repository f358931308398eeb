import { tokenization, tokenizeBody } from '@heddle/contracts';
import type { Operation } from '../http/operation.js';

export const tokenize: Operation = {
  id: 'tokenize',
  tag: 'Models',
  summary: 'Cut texts into the tokens of a model',
  body: {
    schema: tokenizeBody,
    examples: {
      pair: { model: 'nli', inputs: ['A man sleeps.', { text: 'A man sleeps.', text_pair: 'He is awake.' }] },
    },
  },
  answers: { 200: { description: 'The tokens.', schema: tokenization } },
  errors: [
    'not-found',
    'no-default-version',
    'version-not-ready',
    'invalid-input',
    'text-too-long',
    'too-many-inputs',
    'output-too-large',
    'tokenizer-error',
    'artifact-corrupt',
    'storage-full',
  ],
};
