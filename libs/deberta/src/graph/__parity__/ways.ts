import type { CompilationWishes } from '../../compilation.js';

/** The ways a graph may compute attention; the numbers are the same. `skew` chooses by the size of the batch. */
export const WAYS: Record<string, Pick<CompilationWishes, 'lowering' | 'togetherUpTo'>> = {
  skew: { lowering: 'skew' },
  'skew by head': { lowering: 'skew', togetherUpTo: 0 },
  gather: { lowering: 'gather' },
  'gather together': { lowering: 'gather', togetherUpTo: Number.POSITIVE_INFINITY },
};
export type Way = (typeof WAYS)[string];
