import { places } from '../ascending.js';
import { ListColumn } from '../columns.js';
import { f1Of, perLabel } from '../f1.js';
import { allOnce, type Kind, type MetricValue, type Weights } from '../metric.js';
import { isListOf, isString, shown, unfit } from '../prediction.js';
import { type Tally, total } from '../tally.js';
import { MAX_LABELS, Vocabulary } from '../vocabulary.js';
import { averagePrecision } from './average-precision.js';
import { isProbability, labelsOf, logLoss } from './probabilities.js';

/** Scores that are kept for the average precision; as many take 400 MB, and twice that while they grow. */
const MAX_SCORES = 20_000_000;

const EXPECTED = 1;
const SELECTED = 2;

/** Any number of labels an example: F1 of those selected, average precision of the scores. */
export const multiLabel: Kind = {
  defaults: ['micro_f1', 'macro_f1', 'average_precision'],
  allowed: ['micro_f1', 'macro_f1', 'average_precision'],

  create: ({ labels, metrics, threshold = 0.5, maxScores = MAX_SCORES }) => {
    const options = { closed: labels !== undefined, limit: MAX_LABELS, what: 'label' };
    const vocabulary = new Vocabulary(labels, options);
    const keepScores = metrics.includes('average_precision');
    /** Labels of each example: EXPECTED and SELECTED added up, and the score, NaN if none was given. */
    const entries = new ListColumn(vocabulary, 2);
    const tallied = () => tallier(entries, vocabulary.names.length);

    return {
      columns: { entries },

      add: (expected, predicted) => {
        if (!isListOf(expected, isString))
          throw unfit(`A list of labels was expected, not ${shown(expected)}.`);
        const scores = new Map(labelsOf(predicted).map(({ label, score }) => [label, score]));
        const above = [...scores].filter(([, score]) => score >= threshold).map(([label]) => label);
        const selected = new Set('selected' in predicted ? predicted.selected : above);
        const wanted = new Set(expected);
        const flagsOf = (label: string) =>
          (wanted.has(label) ? EXPECTED : 0) + (selected.has(label) ? SELECTED : 0);
        const named = [...new Set([...scores.keys(), ...wanted, ...selected])];
        vocabulary.check(named);
        for (const label of named) vocabulary.idOf(label);
        const fits = entries.entries + named.length <= maxScores;
        const kept = keepScores && fits ? named : named.filter((label) => flagsOf(label) > 0);
        entries.push(kept.map((label) => [label, flagsOf(label), scores.get(label) ?? Number.NaN]));
        return {
          correct: wanted.size === selected.size && [...wanted].every((label) => selected.has(label)),
          loss: lossOf(scores, wanted),
        };
      },

      measure: (metric) => {
        if (metric !== 'average_precision') {
          const tally = tallied();
          return (weights) => (metric === 'micro_f1' ? microF1 : macroF1)(tally(weights));
        }
        const [flags, scores] = entries.numbers.map(({ values }) => values) as [Float64Array, Float64Array];
        const isComplete =
          entries.entries === entries.length * vocabulary.names.length && !scores.some(Number.isNaN);
        if (entries.length * vocabulary.names.length > maxScores)
          return () => ({ reason: `examples times labels are more than ${maxScores} scores` });
        if (!isComplete) return () => ({ reason: 'a prediction lacks the score of a label' });
        const isExpected = (entry: number) => (flags[entry]! & EXPECTED) !== 0;
        return averagePrecision(entries.names.values, scores, isExpected, entries.owners());
      },

      details: () => ({ per_label: perLabel(tallied()(allOnce(entries.length)), vocabulary.names) }),
    };
  },
};

function tallier(entries: ListColumn, labels: number): (weights: Weights) => Tally {
  const allFlags = entries.numbers[0]!.values;
  const allOwners = entries.owners();
  // Most labels of most examples are neither expected nor selected.
  const counted = places(allFlags.length).filter((entry) => allFlags[entry]! > 0);
  const flags = Uint8Array.from(counted, (entry) => allFlags[entry]!);
  const owners = counted.map((entry) => allOwners[entry]!);
  const names = counted.map((entry) => entries.names.values[entry]!);
  return (weights) => {
    const expected = new Float64Array(labels);
    const predicted = new Float64Array(labels);
    const right = new Float64Array(labels);
    for (let entry = 0; entry < names.length; entry++) {
      const weight = weights[owners[entry]!]!;
      const label = names[entry]!;
      const flag = flags[entry]!;
      if (flag & EXPECTED) expected[label]! += weight;
      if (flag & SELECTED) predicted[label]! += weight;
      if (flag === EXPECTED + SELECTED) right[label]! += weight;
    }
    return { expected, predicted, right };
  };
}

function microF1({ expected, predicted, right }: Tally): MetricValue {
  const both = total(expected) + total(predicted);
  return both === 0 ? { reason: 'no label is expected or selected' } : (2 * total(right)) / both;
}

/** Over all labels, those of no example as 0 (scikit-learn, average="macro"). */
function macroF1(tally: Tally): MetricValue {
  if (total(tally.expected) + total(tally.predicted) === 0) {
    return { reason: 'no label is expected or selected' };
  }
  const labels = tally.expected.length;
  return tally.expected.reduce((sum, _, label) => sum + f1Of(tally, label), 0) / labels;
}

/** The mean binary cross-entropy of the labels; null where scores are no probabilities. */
function lossOf(scores: ReadonlyMap<string, number>, wanted: ReadonlySet<string>): number | null {
  let sum = 0;
  for (const [label, score] of scores) {
    if (!isProbability(score)) return null;
    sum += logLoss(wanted.has(label) ? score : 1 - score);
  }
  return sum / scores.size;
}
