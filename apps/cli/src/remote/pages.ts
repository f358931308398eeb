import type { Page, Pages } from '@heddle/client';
import { LIMITS } from '@heddle/contracts';
import { InvalidArgumentError } from 'commander';

/** The first `limit` objects of a list, over as many pages as that takes; `list` is told how many a page is to have. */
export async function firstOf<T>(list: (size: number) => Pages<T>, limit: number): Promise<Page<T>> {
  const data: T[] = [];
  let next: string | null = null;
  do {
    const size = Math.min(LIMITS.maxPageSize, limit - data.length);
    const page: Page<T> = await list(size).page(next ?? undefined);
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
