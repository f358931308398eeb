/** One field of an object, as it was and as it became; undefined where it was not there. */
export interface Change {
  field: string;
  before: unknown;
  after: unknown;
}

type Fields = Record<string, unknown> | null;

/** The fields that differ, in the order in which they stand. */
export function changesOf(before: Fields, after: Fields): Change[] {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...fields]
    .map((field) => ({ field, before: before?.[field], after: after?.[field] }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}
