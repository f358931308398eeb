import { Code } from '@mantine/core';

/** Any value as JSON, as it is. */
export function Json({ value }: { value: unknown }) {
  return <Code block>{JSON.stringify(value, null, 2)}</Code>;
}
