import { HeddleError, LIMITS } from '@heddle/contracts';

/** Refuses an output before it is computed. `bytes` is what it would have as JSON, `advice` what makes it smaller. */
export function refuseTooLarge(bytes: number, advice: string): void {
  if (bytes <= LIMITS.maxOutputBytes) return;
  throw new HeddleError(
    'output-too-large',
    `The output would have about ${bytes} bytes; at most ${LIMITS.maxOutputBytes} are given. ${advice}`,
    { extra: { max: LIMITS.maxOutputBytes, actual: bytes } },
  );
}
