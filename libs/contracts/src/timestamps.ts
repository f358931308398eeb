/** RFC 3339 with a zone. */
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
export const TIMESTAMP_HELP = 'a time such as 2026-01-31T12:00:00Z';

/** Whether a text is a time as RFC 3339 writes it, with a zone, of a day that exists. */
export function isTimestamp(value: string): boolean {
  const date = TIMESTAMP.exec(value)?.[1];
  if (date === undefined || Number.isNaN(Date.parse(value))) return false;
  // Date.parse takes 30 February for 2 March.
  return new Date(date).toISOString().startsWith(date);
}
