import { huggingfaceErrorOf, huggingfaceStatusOf } from '@heddle/dialects';
import type { Mount } from '../../http/mount.js';

export const huggingfaceErrors: NonNullable<Mount['errors']> = (error) => ({
  status: huggingfaceStatusOf(error),
  body: huggingfaceErrorOf(error),
});
