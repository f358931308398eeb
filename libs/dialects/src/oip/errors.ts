import type { HeddleError } from '@heddle/contracts';
import { z } from 'zod';
import { statusOf } from '../shared/errors.js';
import { saidOf } from '../shared/said.js';

export const oipError = z.strictObject({ error: z.string() }).meta({ id: 'OIPError' });

export function oipStatusOf({ code }: HeddleError): number {
  const status = statusOf(code);
  return status === 422 ? 400 : status;
}

export function oipErrorOf(error: HeddleError): z.infer<typeof oipError> {
  return { error: saidOf(error) };
}
