import { HeddleError } from '@heddle/contracts';
import { readActivation } from './activations.js';
import type { RawConfig } from './keys.js';
import type { Convolution } from './model-config.js';
import { unsupported } from './parse.js';

/** Null without one. Throws `unsupported-architecture` and `invalid-config`. */
export function readConvolution(raw: RawConfig): Convolution | null {
  const { conv_kernel_size: kernel, conv_groups: groups, hidden_size: hidden } = raw;
  if (kernel <= 0) return null;
  // An even kernel with padding (k - 1) / 2 on both sides would shorten the sequence.
  if (kernel % 2 === 0) unsupported('conv_kernel_size', kernel, ['an odd number']);
  if (hidden % groups !== 0) {
    throw new HeddleError(
      'invalid-config',
      `conv_groups is ${groups}, which does not divide hidden_size (${hidden})`,
    );
  }
  return { kernel, groups, activation: readActivation('conv_act', raw.conv_act) };
}
