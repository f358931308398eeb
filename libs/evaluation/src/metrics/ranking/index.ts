import type { RerankOutput } from '@heddle/contracts';
import { numberColumn } from '../columns.js';
import { mean } from '../means.js';
import type { Kind } from '../metric.js';
import { isListOf, isNumber, isString, type JudgedDocuments, shown, unfit } from '../prediction.js';
import { averagePrecision, type JudgedRanking, ndcg, recall, reciprocalRank } from './measures.js';
import { trecOrder } from './order.js';

/** Rankings, measured query by query as trec_eval does; a query without relevant documents counts as 0. */
export const ranking: Kind = {
  defaults: ['mrr@10', 'ndcg@10', 'recall@10', 'map'],
  allowed: ['mrr', 'mrr@k', 'ndcg', 'ndcg@k', 'recall@k', 'map'],

  create: ({ metrics }) => {
    const columns = Object.fromEntries(metrics.map((metric) => [metric, numberColumn()]));
    return {
      columns,

      add: (expected, predicted) => {
        const judged = judge(expected, predicted);
        for (const [metric, column] of Object.entries(columns)) column.push(measureQuery(metric, judged));
        const isRelevant = judged.ideal.length > 0;
        return {
          correct: isRelevant ? (judged.grades[0] ?? 0) > 0 : null,
          loss: isRelevant ? 1 - ndcg(judged, 10) : null,
        };
      },

      measure: (metric) => mean(columns[metric]!.values),
      details: () => ({}),
    };
  },
};

function measureQuery(metric: string, judged: JudgedRanking): number {
  const [name, k] = metric.split('@');
  const cutoff = k === undefined ? undefined : Number(k);
  if (name === 'mrr') return reciprocalRank(judged, cutoff);
  if (name === 'ndcg') return ndcg(judged, cutoff);
  if (name === 'recall') return recall(judged, cutoff!);
  return averagePrecision(judged);
}

function judge(expected: unknown, predicted: object): JudgedRanking {
  if (!('results' in predicted)) throw unfit(`A ranking was expected, not ${shown(predicted)}.`);
  const { results } = predicted as RerankOutput;
  const { grades, missing, ids } = expectedRanking(expected);
  const outside = results.find(({ index }) => index >= grades.length);
  if (outside) {
    throw unfit(
      `Grades of ${grades.length} documents are expected, but document ${outside.index} is ranked.`,
    );
  }
  if (new Set(results.map(({ index }) => index)).size < results.length) {
    throw unfit('A document is ranked twice.');
  }
  const relevant = [...grades, ...missing].filter((grade) => grade > 0);
  return {
    grades: trecOrder(results, ids).map((index) => grades[index]!),
    ideal: relevant.sort((a, b) => b - a),
  };
}

function expectedRanking(expected: unknown): {
  grades: readonly number[];
  missing: readonly number[];
  ids: readonly string[] | undefined;
} {
  const isObject = typeof expected === 'object' && expected !== null && 'grades' in expected;
  const { grades, missing: given, ids } = isObject ? (expected as JudgedDocuments) : { grades: expected };
  const missing = missingGrades(given);
  if (!isListOf(grades, isNumber) || !isListOf(missing, isNumber)) {
    throw unfit(`Grades of the documents were expected, not ${shown(expected)}.`);
  }
  if (ids !== undefined && (!isListOf(ids, isString) || ids.length !== grades.length)) {
    throw unfit(`Names of ${grades.length} documents were expected, not ${shown(ids)}.`);
  }
  return { grades, missing, ids };
}

/** One for each document that is missing. */
function missingGrades(missing: JudgedDocuments['missing'] = []): readonly number[] {
  if (isListOf(missing, isNumber)) return missing;
  return Object.entries(missing).flatMap(([grade, count]) =>
    Array.from({ length: Number(count) }, () => Number(grade)),
  );
}
