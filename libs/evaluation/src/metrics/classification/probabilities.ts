import type { LabelScore } from '@heddle/contracts';
import { isNumber, shown, unfit } from '../prediction.js';

/** As scikit-learn, which cuts probabilities at the distance between 1 and the next float64. */
const EPSILON = Number.EPSILON;
/** Scores come from float32 logits and are rounded on the way. */
const SUM_TOLERANCE = 1e-3;

export function isProbability(score: number): boolean {
  return score >= 0 && score <= 1;
}

/** Whether scores can be those of one distribution; fewer labels than the model has sum to less than 1. */
export function isDistribution(scores: readonly number[]): boolean {
  return scores.every(isProbability) && scores.reduce((sum, score) => sum + score, 0) <= 1 + SUM_TOLERANCE;
}

/** −ln p, finite. */
export function logLoss(probability: number): number {
  return -Math.log(Math.min(Math.max(probability, EPSILON), 1 - EPSILON));
}

/** The labels of an output, best first. Error: `validation` for another output. */
export function labelsOf(predicted: object): readonly LabelScore[] {
  if (!('labels' in predicted)) throw unfit(`A prediction of labels was expected, not ${shown(predicted)}.`);
  const labels = predicted.labels as readonly LabelScore[];
  if (labels.length === 0 || !labels.every(({ score }) => isNumber(score))) {
    throw unfit(`A prediction has a label at least, with finite scores: ${shown(predicted)} does not.`);
  }
  return labels;
}
