import type { Lowering } from '@heddle/contracts';

/** Every version, head, attention and convolution of the compiler once; the CPU checks how they combine. */
export const GPU_FIXTURES: [name: string, lowering: Lowering][] = [
  ['v1-scores', 'skew'],
  ['v1-talking-head', 'skew'],
  ['v1-tokcls', 'gather'],
  ['v2-conv-tanh-groups', 'skew'],
  ['v2-mlm-hf-new', 'skew'],
  ['v2-no-share-att-key', 'gather'],
  ['v2-types-abs', 'gather'],
  ['v3-activations', 'skew'],
  ['v3-base-seqcls', 'skew'],
  ['v3-base-seqcls', 'gather'],
  ['v3-buckets256', 'gather'],
  ['ms-v2-mlm-emd-conv-2layers', 'gather'],
  ['ms-v3-generator-mlm-emd', 'skew'],
];
