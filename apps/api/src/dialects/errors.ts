import type { ErrorEnvelope } from '../http/error-answers.js';
import { cohereErrors, jinaErrors } from './cohere/errors.js';
import { huggingfaceErrors } from './huggingface/errors.js';
import { oipErrors } from './oip/errors.js';
import { openaiErrors } from './openai/errors.js';
import { teiErrors } from './tei/errors.js';

/** The dialects whose errors are no problem documents. */
export const DIALECT_ERRORS: readonly ErrorEnvelope[] = [
  openaiErrors,
  cohereErrors,
  jinaErrors,
  teiErrors,
  huggingfaceErrors,
  oipErrors,
];
