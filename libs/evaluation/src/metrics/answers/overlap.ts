/** Python's `string.punctuation`. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
/** Words as Python's `\b` sees them. */
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;
/** What Python's `str.split()` splits at: Unicode's white space, and ASCII's four separators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators are control characters
const BLANKS = /[\p{White_Space}\x1c-\x1f]+/u;

/** SQuAD's normalisation: the words of a text in lower case, without punctuation and articles. */
export function wordsOf(text: string): string[] {
  const plain = text.toLowerCase().replaceAll(PUNCTUATION, '').replaceAll(ARTICLES, ' ');
  return plain.split(BLANKS).filter((word) => word !== '');
}

/** How near a predicted answer is to the nearest of the right ones, 0…1 each. */
export interface Overlap {
  /** 1 where the words are the same. */
  exact: number;
  /** F1 of the words, counted. */
  f1: number;
}

/**
 * As SQuAD's official scripts: version 2 holds an answer without words to be none, which only none agrees with;
 * version 1 (ReCoRD's too) has an F1 of 0 for it.
 */
export function overlap(predicted: string, golds: readonly string[], version: 1 | 2): Overlap {
  const words = wordsOf(predicted);
  const all = golds.map(wordsOf);
  const worded = version === 1 ? all : all.filter((gold) => gold.length > 0);
  const best = { exact: 0, f1: 0 };
  for (const gold of worded.length > 0 ? worded : [[]]) {
    best.exact = Math.max(best.exact, Number(gold.join(' ') === words.join(' ')));
    best.f1 = Math.max(best.f1, wordF1(words, gold, version));
  }
  return best;
}

function wordF1(words: readonly string[], gold: readonly string[], version: 1 | 2): number {
  if (words.length === 0 || gold.length === 0) return version === 2 && words.length === gold.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of gold) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of words) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    common++;
  }
  return (2 * common) / (words.length + gold.length);
}
