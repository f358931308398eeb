import { huggingfaceErrorOf, huggingfaceStatusOf } from '@heddle/dialects';
import type { ErrorEnvelope } from '../../http/error-answers.js';

export const huggingfaceErrors: ErrorEnvelope = {
  mount: '/hf',
  answer: (error) => ({ status: huggingfaceStatusOf(error), body: huggingfaceErrorOf(error) }),
};
