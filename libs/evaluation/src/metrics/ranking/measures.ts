/** A ranking of one query: grades by rank, and the grades of all judged documents. */
export interface JudgedRanking {
  /** Grade of the document at each rank; > 0 is relevant. */
  grades: readonly number[];
  /** Grades of the relevant documents, descending, those that were not ranked too. */
  ideal: readonly number[];
}

/** 1 ÷ the rank of the first relevant document; 0 without one. */
export function reciprocalRank({ grades }: JudgedRanking, cutoff = grades.length): number {
  const first = grades.slice(0, cutoff).findIndex((grade) => grade > 0);
  return first === -1 ? 0 : 1 / (first + 1);
}

/** Discounted gain over the best possible one; the gain is the grade, the discount log2(rank + 1). */
export function ndcg(
  { grades, ideal }: JudgedRanking,
  cutoff = Math.max(grades.length, ideal.length),
): number {
  const best = gain(ideal.slice(0, cutoff));
  return best === 0 ? 0 : gain(grades.slice(0, cutoff)) / best;
}

/** Share of the relevant documents that are among the first. */
export function recall({ grades, ideal }: JudgedRanking, cutoff: number): number {
  const found = grades.slice(0, cutoff).filter((grade) => grade > 0).length;
  return ideal.length === 0 ? 0 : found / ideal.length;
}

/** The mean, over the relevant documents, of the precision at their rank; 0 for one that was not ranked. */
export function averagePrecision({ grades, ideal }: JudgedRanking): number {
  let found = 0;
  let sum = 0;
  grades.forEach((grade, i) => {
    if (grade > 0) sum += ++found / (i + 1);
  });
  return ideal.length === 0 ? 0 : sum / ideal.length;
}

function gain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, i) => (grade > 0 ? sum + grade / Math.log2(i + 2) : sum), 0);
}
