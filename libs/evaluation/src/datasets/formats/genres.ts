/** Genres of MultiNLI's two halves: those it was trained on, and those it was not; as files write them. */
const MATCHED = new Set(['fiction', 'government', 'slate', 'telephone', 'travel']);
const MISMATCHED = new Set([
  'nineeleven',
  '9/11',
  'facetoface',
  'face-to-face',
  'letters',
  'oup',
  'verbatim',
]);

/** The slices of a pair of MultiNLI; SNLI has no genres. */
export function genreSlice(genre: unknown): { slice?: Record<string, string> } {
  if (typeof genre !== 'string' || genre === '') return {};
  const section = MATCHED.has(genre) ? 'matched' : MISMATCHED.has(genre) ? 'mismatched' : null;
  return { slice: section ? { genre, section } : { genre } };
}
