/** Texts are counted in Unicode code points everywhere in the contract. */
export function codePointLength(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Postgres refuses U+0000 and would alter lone surrogates, so neither is accepted anywhere. */
export function isStorableText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}
