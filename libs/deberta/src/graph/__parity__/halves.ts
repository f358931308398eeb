import type { Lowering } from '@heddle/contracts';

/** Every version, head, attention and convolution of the compiler once, in half precision. */
export const HALVES: [name: string, lowering: Lowering][] = [
  ['v1-scores', 'skew'],
  ['v1-talking-head', 'skew'],
  ['v1-tokcls', 'gather'],
  ['v2-conv-tanh-groups', 'skew'],
  ['v2-mlm-hf-new', 'skew'],
  ['v2-multiple-choice', 'gather'],
  ['v2-no-share-att-key', 'gather'],
  ['v2-types-abs', 'gather'],
  ['v3-activations', 'skew'],
  ['v3-base-seqcls', 'skew'],
  ['v3-buckets256', 'gather'],
  ['v3-qa', 'skew'],
  ['ms-v2-mlm-emd-conv-2layers', 'gather'],
  ['ms-v3-discriminator-rtd', 'skew'],
  ['ms-v3-generator-mlm-emd', 'skew'],
];

/**
 * Of a tensor's largest value. A half is off by up to 2⁻¹¹ (5·10⁻⁴) of itself, at each of some tens of steps one after
 * another. Measured over all fixtures: 0.4 of this at most where sums are float32's, 1.0 on webgpu, which adds up in halves.
 */
export const HALF_TOLERANCE = 1e-2;
