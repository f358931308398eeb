import { type OpenaiBatchOrigin, openaiBatchOrigin } from '@heddle/dialects';
import type { ClaimedBatch } from '@heddle/store';

/** How the lines of a batch of OpenAI's form are written; null for one of the native form. */
export function openaiOriginOf({ dialect }: Pick<ClaimedBatch, 'dialect'>): OpenaiBatchOrigin | null {
  return dialect && openaiBatchOrigin.parse(dialect);
}
