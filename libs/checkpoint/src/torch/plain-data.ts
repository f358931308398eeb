/**
 * Data without tensors as torch and pickle store it: dictionaries are maps, lists and tuples arrays. Nested
 * and shared only so far that a plain recursive walk over it is harmless.
 */
export type PlainData =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly PlainData[]
  | ReadonlyMap<string | number | bigint | boolean, PlainData>;

/** Recursion is safe: the unpickler has bounded nesting and size. */
export function isPlainData(value: unknown): value is PlainData {
  if (Array.isArray(value)) return value.every(isPlainData);
  if (value instanceof Map) return [...value.values()].every(isPlainData);
  return value === null || typeof value !== 'object';
}
