/** Ids are UUIDv7 of one clock, `created_at` may be of another's or of an earlier moment: they differ by less than this, in milliseconds. */
export const CLOCK_SKEW_MS = 3_600_000;

/** The least UUIDv7 of that time, in milliseconds since 1970; times that none has are brought to the nearest. */
export function leastUuid(ms: number): string {
  const time = Math.min(Math.max(Math.floor(ms), 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`;
}
