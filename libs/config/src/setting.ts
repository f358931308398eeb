import type { z } from 'zod';

/** What is known of one environment variable. */
export interface Setting<Schema extends z.ZodType> {
  schema: Schema;
  /** As it would be written in the environment; undefined = unset. */
  fallback: string | undefined;
  /** What the documentation shows where the fallback depends on the machine. */
  fallbackText?: string;
  description: string;
}

export function setting<Schema extends z.ZodType>(
  schema: Schema,
  fallback: string | undefined,
  description: string,
  fallbackText?: string,
): Setting<Schema> {
  return { schema, fallback, description, ...(fallbackText === undefined ? {} : { fallbackText }) };
}
