const MS_PER_MIN = 60_000;

/** A time as a field of the kind `datetime-local` has it, in the reader's zone: `2026-03-01T13:05`. */
export function toLocalField(time: Date): string {
  return new Date(time.getTime() - time.getTimezoneOffset() * MS_PER_MIN).toISOString().slice(0, 16);
}

/** The other way round, as the API takes it. */
export function fromLocalField(text: string): string {
  return new Date(text).toISOString();
}
