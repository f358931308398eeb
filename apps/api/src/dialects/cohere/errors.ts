import { cohereErrorOf, cohereStatusOf } from '@heddle/dialects';
import type { ErrorEnvelope } from '../../http/error-answers.js';

const answer: ErrorEnvelope['answer'] = (error, { requestId }) => ({
  status: cohereStatusOf(error),
  body: cohereErrorOf(error, requestId),
});

export const cohereErrors: ErrorEnvelope = { mount: '/cohere', answer };
export const jinaErrors: ErrorEnvelope = { mount: '/jina', answer };
