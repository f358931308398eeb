import type { Mount } from '../http/mount.js';
import { cohereErrors } from './cohere/errors.js';
import { huggingfaceErrors } from './huggingface/errors.js';
import { oipErrors } from './oip/errors.js';
import { openaiErrors } from './openai/errors.js';
import { teiErrors } from './tei/errors.js';

/** Where the dialects are. */
export const MOUNTS: readonly Mount[] = [
  { path: '/openai', errors: openaiErrors },
  { path: '/replicate', hidesMethods: true },
  { path: '/cohere', errors: cohereErrors },
  { path: '/jina', errors: cohereErrors },
  { path: '/tei', errors: teiErrors },
  { path: '/hf', errors: huggingfaceErrors },
  { path: '/oip', errors: oipErrors },
];
