/** A document that was given a score. */
export interface ScoredDocument {
  /** Place among the item's documents. */
  index: number;
  score: number;
}

/**
 * Documents by score, best first, as trec_eval orders them: scores are compared as float32, and of equal ones the document
 * whose name is last in the order of bytes comes first. Without names, that of the highest index.
 */
export function trecOrder(documents: readonly ScoredDocument[], ids?: readonly string[]): number[] {
  const ranked = documents.map(({ index, score }) => ({ index, score: Math.fround(score) }));
  const byName = (a: number, b: number) =>
    ids ? Buffer.compare(Buffer.from(ids[b]!), Buffer.from(ids[a]!)) : b - a;
  return ranked.sort((a, b) => b.score - a.score || byName(a.index, b.index)).map(({ index }) => index);
}
