import type { Expected } from '@heddle/store';

/** What `If-Match` expects (RFC 9110 §13.1.1): strong entity tags, or `*` for any; a weak tag never matches. */
export function expectedOf(header: string | string[] | undefined): Expected {
  if (header === undefined) return null;
  const text = [header].flat().join(',').trim();
  if (text === '*') return 'any';
  return { revisions: [...text.matchAll(/(?:^|,)\s*"([^"]*)"\s*(?=,|$)/g)].map((match) => match[1]!) };
}
