/** One field of an object, as it was and as it became; undefined where it was not there. */
export interface Change {
  field: string;
  before: unknown;
  after: unknown;
}

type Fields = Record<string, unknown> | null;

/** The fields that differ, in the order in which they stand; not those that a new object has nothing in. */
export function changesOf(before: Fields, after: Fields): Change[] {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...fields]
    .map((field) => ({ field, before: before?.[field], after: after?.[field] }))
    .filter(({ before: was, after: is }) => JSON.stringify(was ?? null) !== JSON.stringify(is ?? null));
}
