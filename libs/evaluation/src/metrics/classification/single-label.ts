import { NameColumn, numberColumn } from '../columns.js';
import { f1Of, macroF1, perLabel } from '../f1.js';
import { groupsRight } from '../groups.js';
import { mean } from '../means.js';
import { allOnce, type Kind, type Measure, type MetricValue } from '../metric.js';
import { isString, shown, unfit } from '../prediction.js';
import { type Tally, tallier } from '../tally.js';
import { MAX_LABELS, Vocabulary } from '../vocabulary.js';
import { calibrationError, reliability } from './calibration.js';
import { confusionOf } from './confusion.js';
import { mcc } from './mcc.js';
import { isDistribution, labelsOf, logLoss } from './probabilities.js';

const NO_PROBABILITY = 'the scores are not probabilities of all labels';

/** One label an example: accuracy and its relatives. */
export const singleLabel: Kind = {
  defaults: ['accuracy', 'macro_f1', 'mcc', 'log_loss', 'ece'],
  allowed: ['accuracy', 'macro_f1', 'mcc', 'log_loss', 'ece', 'f1', 'exact_match'],

  create: ({ labels, metrics, positiveLabel }, groups) => {
    if (metrics.includes('f1') && positiveLabel === undefined) {
      throw unfit('f1 of a classification is of one label: tell which, as the positive label.');
    }
    const options = { closed: labels !== undefined, limit: MAX_LABELS, what: 'label' };
    const vocabulary = new Vocabulary(labels, options);
    if (positiveLabel !== undefined) vocabulary.idOf(positiveLabel);
    const columns = {
      expected: new NameColumn(vocabulary),
      predicted: new NameColumn(vocabulary),
      /** Of the predicted label, and −ln of the expected one's probability; NaN where there are no probabilities. */
      confidence: numberColumn(),
      loss: numberColumn(),
    };
    const right = () => {
      const predicted = columns.predicted.values;
      return columns.expected.values.map((label, i) => Number(label === predicted[i]));
    };
    const tallied = (value: (tally: Tally) => MetricValue): Measure => {
      const { expected, predicted } = columns;
      const tally = tallier(expected.values, predicted.values, vocabulary.names.length);
      return (weights) => value(tally(weights));
    };

    return {
      columns,

      add: (expected, predicted) => {
        if (!isString(expected)) throw unfit(`A label was expected, not ${shown(expected)}.`);
        const scores = labelsOf(predicted);
        const best = scores[0]!;
        vocabulary.check([expected, best.label]);
        const areProbabilities = isDistribution(scores.map(({ score }) => score));
        const own = scores.find(({ label }) => label === expected);
        const loss = areProbabilities && own ? logLoss(own.score) : Number.NaN;
        // A label that was not given a score has at most what the others leave.
        const left = scores.reduce((rest, { score }) => rest - score, 1);
        const atLeast = areProbabilities ? logLoss(own?.score ?? left) : null;
        columns.expected.push(expected);
        columns.predicted.push(best.label);
        columns.confidence.push(areProbabilities ? best.score : Number.NaN);
        columns.loss.push(loss);
        return { correct: best.label === expected, loss: atLeast };
      },

      measure: (metric) => {
        if (metric === 'accuracy') return mean(right());
        if (metric === 'macro_f1') return tallied(macroF1);
        if (metric === 'mcc') return tallied(mcc);
        if (metric === 'log_loss') return mean(columns.loss.values, NO_PROBABILITY);
        if (metric === 'ece') return calibrationError(columns.confidence.values, right(), NO_PROBABILITY);
        if (metric === 'exact_match') return groupsRight(right(), groups.values);
        const positive = vocabulary.idOf(positiveLabel!);
        return tallied((tally) => binaryF1(tally, positive));
      },

      details: () => {
        const weights = allOnce(columns.loss.length);
        const { expected, predicted, confidence } = columns;
        const tally = tallier(expected.values, predicted.values, vocabulary.names.length)(weights);
        const curve = reliability(confidence.values, right());
        return {
          confusion: confusionOf(expected.values, predicted.values, vocabulary.names),
          per_label: perLabel(tally, vocabulary.names),
          ...(curve && { reliability: curve }),
        };
      },
    };
  },
};

function binaryF1(tally: Tally, label: number): MetricValue {
  if (tally.expected[label]! + tally.predicted[label]! > 0) return f1Of(tally, label);
  return { reason: 'the positive label is neither expected nor predicted' };
}
