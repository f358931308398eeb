import { ERRORS } from '@heddle/contracts';
import { openaiErrorOf, openaiStatusOf } from '@heddle/dialects';
import type { Mount } from '../../http/mount.js';

export const openaiErrors: NonNullable<Mount['errors']> = (error, { retryAfterS }) => {
  const status = openaiStatusOf(error.code);
  // Its clients ask again after these by themselves.
  const isLasting = !ERRORS[error.code].retryable && (status === 409 || status >= 500);
  return {
    status,
    headers: {
      ...(isLasting ? { 'x-should-retry': 'false' } : {}),
      ...(retryAfterS ? { 'retry-after-ms': String(Number(retryAfterS) * 1000) } : {}),
    },
    body: openaiErrorOf(error),
  };
};
