import { oipErrorOf, oipStatusOf } from '@heddle/dialects';
import type { ErrorEnvelope } from '../../http/error-answers.js';

export const oipErrors: ErrorEnvelope = {
  mount: '/oip',
  answer: (error) => ({ status: oipStatusOf(error), body: oipErrorOf(error) }),
};
