import { cohereErrorOf, cohereStatusOf } from '@heddle/dialects';
import type { Mount } from '../../http/mount.js';

export const cohereErrors: NonNullable<Mount['errors']> = (error, { requestId }) => ({
  status: cohereStatusOf(error),
  body: cohereErrorOf(error, requestId),
});
