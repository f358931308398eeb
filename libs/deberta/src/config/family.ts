import { HeddleError } from '@heddle/contracts';
import type { Dialect } from './keys.js';
import { unsupported } from './parse.js';

/** Whether v1's projections (in_proj: query, key and value in one tensor) belong to a model_type. */
const MODEL_TYPES = new Map<unknown, { dialect: Dialect; fused: boolean }>([
  ['deberta', { dialect: 'deberta', fused: true }],
  ['deberta-v2', { dialect: 'deberta-v2', fused: false }],
]);
const FUSED = /(^|\.)encoder\.layer\.0\.attention\.self\.in_proj\.weight$/;
const SEPARATE = /(^|\.)encoder\.layer\.0\.attention\.self\.query_proj\.weight$/;

/**
 * Which rules the configuration follows and how the weights store attention. Without a model_type it is
 * Microsoft's and the weights decide. Throws `unsupported-architecture` for another model, `missing-tensors` when
 * the weights are those of the other family.
 */
export function readFamily(
  { model_type: modelType }: { model_type?: unknown },
  tensorNames: readonly string[],
): { dialect: Dialect; fused: boolean } {
  const fused = tensorNames.find((name) => FUSED.test(name));
  const separate = tensorNames.find((name) => SEPARATE.test(name));
  if (modelType === undefined || modelType === null) {
    return { dialect: 'microsoft', fused: fused !== undefined };
  }
  const declared = MODEL_TYPES.get(modelType);
  if (declared === undefined) unsupported('model_type', modelType, [...MODEL_TYPES.keys()]);
  const foreign = declared.fused ? separate : fused;
  if (foreign !== undefined) {
    const actual = declared.fused ? 'deberta-v2' : 'deberta';
    throw new HeddleError(
      'missing-tensors',
      `model_type is "${declared.dialect}", but ${foreign} belongs to "${actual}": the weights are of another family`,
      { extra: { tensors: [foreign] } },
    );
  }
  return declared;
}
