import { LIMITS, type Page } from '@heddle/contracts';
import { InvalidArgumentError } from 'commander';
import type { Client } from './client.js';

/** The first `limit` objects that a route lists, over as many pages as that takes. Throws CliError. */
export async function firstOf<T>(
  client: Client,
  path: string,
  query: URLSearchParams,
  limit: number,
): Promise<Page<T>> {
  const data: T[] = [];
  let next: string | null = null;
  do {
    query.set('limit', String(Math.min(LIMITS.maxPageSize, limit - data.length)));
    if (next !== null) query.set('cursor', next);
    const page: Page<T> = await client.request<Page<T>>('GET', `${path}?${query}`);
    data.push(...page.data);
    next = page.next_cursor;
  } while (next !== null && data.length < limit);
  return { data, next_cursor: next };
}

/** `--limit` of what is read page by page. */
export function toLimitOfList(text: string): number {
  const limit = Number(text);
  if (/^\d{1,7}$/.test(text) && limit > 0) return limit;
  throw new InvalidArgumentError('It is a whole number from 1 on.');
}
