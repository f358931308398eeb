import type { ErrorEnvelope } from '../http/error-answers.js';
import { openaiErrors } from './openai/errors.js';

/** The dialects whose errors are no problem documents. */
export const DIALECT_ERRORS: readonly ErrorEnvelope[] = [openaiErrors];
