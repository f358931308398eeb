import { HeddleError, LIMITS } from '@heddle/contracts';

/** A float32 as JSON: sign, point, comma and up to 17 digits, some behind zeros. */
const JSON_BYTES = 22;
/** A float32 as base64. */
const BASE64_BYTES = 16 / 3;

/** Bytes of so many float32 in an output. */
export function bytesOf(numbers: number, encoding: 'float' | 'base64'): number {
  return Math.ceil(numbers * (encoding === 'base64' ? BASE64_BYTES : JSON_BYTES));
}

/** Refuses an output before it is computed. `bytes` is what it would have as JSON, `advice` what makes it smaller. */
export function refuseTooLarge(bytes: number, advice: string): void {
  if (bytes <= LIMITS.maxOutputBytes) return;
  throw new HeddleError(
    'output-too-large',
    `The output would have about ${bytes} bytes; at most ${LIMITS.maxOutputBytes} are given. ${advice}`,
    { extra: { max: LIMITS.maxOutputBytes, actual: bytes } },
  );
}
