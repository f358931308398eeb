import type { QuestionAnsweringOutput } from '@heddle/contracts';
import { countColumn, numberColumn } from '../columns.js';
import { mean, meanWhere } from '../means.js';
import { allOnce, type Kind } from '../metric.js';
import { isListOf, isNumber, isString, shown, unfit } from '../prediction.js';
import { overlap } from './overlap.js';
import { thresholdSearch } from './thresholds.js';

const NO_ANSWERABLE = 'no question has an answer';
const NO_UNANSWERABLE = 'every question has an answer';
const BEST = ['best_exact', 'best_f1'];

/** Answers as texts, 0…1 where SQuAD's scripts say percent. */
export const answers: Kind = {
  defaults: ['exact_match', 'f1', 'has_ans_exact', 'has_ans_f1', 'no_ans_exact', 'no_ans_f1'],
  allowed: ['exact_match', 'f1', 'has_ans_exact', 'has_ans_f1', 'no_ans_exact', 'no_ans_f1', ...BEST],

  create: ({ metrics, squad = 2 }) => {
    const columns = {
      exact: numberColumn(),
      f1: numberColumn(),
      nullScores: numberColumn(),
      hasAnswer: countColumn(),
      /** Of the best span, which a threshold may bring back where the output says that there is no answer. */
      spanExact: numberColumn(),
      spanF1: numberColumn(),
      hasSpan: countColumn(),
    };
    const scoresOf = (metric: string) => (metric.includes('exact') ? columns.exact : columns.f1).values;
    const spanScoresOf = (metric: string) =>
      (metric.includes('exact') ? columns.spanExact : columns.spanF1).values;
    const search = (metric: string) =>
      thresholdSearch(
        {
          nullScores: columns.nullScores.values,
          hasAnswer: columns.hasAnswer.values,
          answered: columns.hasSpan.values,
        },
        spanScoresOf(metric),
      );

    return {
      columns,

      add: (expected, predicted) => {
        const golds = isString(expected) ? [expected] : expected;
        if (!isListOf(golds, isString)) throw unfit(`Answers were expected, not ${shown(expected)}.`);
        const { text, span, nullScore } = bestAnswer(predicted);
        const { exact, f1 } = overlap(text, golds, squad);
        const ofSpan = span === text ? { exact, f1 } : overlap(span, golds, squad);
        columns.exact.push(exact);
        columns.f1.push(f1);
        columns.nullScores.push(nullScore);
        columns.hasAnswer.push(Number(golds.length > 0));
        columns.spanExact.push(ofSpan.exact);
        columns.spanF1.push(ofSpan.f1);
        columns.hasSpan.push(Number(span !== ''));
        return { correct: exact === 1, loss: 1 - f1 };
      },

      measure: (metric) => {
        if (BEST.includes(metric)) {
          const best = search(metric);
          return (weights) => best(weights).score;
        }
        const scores = scoresOf(metric);
        const hasAnswer = columns.hasAnswer.values;
        if (metric.startsWith('has_ans')) return meanWhere(scores, hasAnswer, 1, NO_ANSWERABLE);
        if (metric.startsWith('no_ans')) return meanWhere(scores, hasAnswer, 0, NO_UNANSWERABLE);
        return mean(scores);
      },

      details: () => {
        const found = metrics
          .filter((metric) => BEST.includes(metric))
          .map((metric) => [metric, search(metric)(allOnce(columns.f1.length))] as const)
          .filter(([, { score }]) => isNumber(score));
        if (found.length === 0) return {};
        return {
          thresholds: Object.fromEntries(found.map(([metric, { threshold }]) => [metric, threshold])),
        };
      },
    };
  },
};

/** `span`: the best answer that is one; '' where the output has none. */
function bestAnswer(predicted: object): { text: string; span: string; nullScore: number } {
  if (!('answers' in predicted)) throw unfit(`Answers were expected, not ${shown(predicted)}.`);
  const output = predicted as QuestionAnsweringOutput;
  const text = output.no_answer ? '' : (output.answers[0]?.answer ?? '');
  const span = output.answers.find(({ answer }) => answer !== '')?.answer ?? '';
  // The squad method's difference is what its threshold is held against.
  const nullScore = output.null_score_diff ?? output.null_score;
  if (!isNumber(nullScore)) throw unfit(`A prediction has a finite null_score, not ${shown(nullScore)}.`);
  return { text, span, nullScore };
}
