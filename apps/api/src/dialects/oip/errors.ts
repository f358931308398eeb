import { oipErrorOf, oipStatusOf } from '@heddle/dialects';
import type { Mount } from '../../http/mount.js';

export const oipErrors: NonNullable<Mount['errors']> = (error) => ({
  status: oipStatusOf(error),
  body: oipErrorOf(error),
});
