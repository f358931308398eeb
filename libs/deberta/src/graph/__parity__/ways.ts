import type { CompilationWishes } from '../../compilation.js';

/** The ways a graph may compute attention; the numbers are the same. The cases are small: all heads together. */
export const WAYS: Record<string, Pick<CompilationWishes, 'lowering' | 'togetherUpTo'>> = {
  skew: { lowering: 'skew' },
  'skew by head': { lowering: 'skew', togetherUpTo: 0 },
  gather: { lowering: 'gather' },
};
export type Way = (typeof WAYS)[string];
