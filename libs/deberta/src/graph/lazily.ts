/** Computes a value when it is first asked for, and once. */
export function lazily<T extends {}>(compute: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= compute();
    return value;
  };
}
