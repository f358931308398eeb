import { ascending } from '../ascending.js';
import { type MetricValue, NO_EXAMPLES, type Weights } from '../metric.js';

/** What SQuAD's search for a threshold looks at, one number an example. */
export interface ThresholdData {
  /** How sure the model is that there is no answer; any unit. */
  nullScores: Float64Array;
  /** 1 where the context holds an answer, and where one was predicted. */
  hasAnswer: Uint32Array;
  answered: Uint32Array;
}

export interface BestThreshold {
  score: MetricValue;
  threshold: number;
}

/**
 * The best mean score that some threshold gives: predictions with a `null_score` above it are taken to say that there is
 * no answer (`find_best_thresh` of SQuAD 2.0's official script, whose threshold is 0 where answering nothing is best;
 * examples of equal `null_score` are taken up one by one, in their order). `scores`: of each prediction as it stands.
 */
export function thresholdSearch(
  { nullScores, hasAnswer, answered }: ThresholdData,
  scores: Float64Array,
): (weights: Weights) => BestThreshold {
  // What answering an example adds to leaving it without answer.
  const gains = scores.map((score, i) => (hasAnswer[i] ? score : answered[i] ? -1 : 0));
  const order = ascending(nullScores);
  return (weights) => {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < weights.length; i++) {
      count += weights[i]!;
      if (!hasAnswer[i]) sum += weights[i]!;
    }
    let best = sum;
    let threshold = 0;
    for (const i of order) {
      sum += weights[i]! * gains[i]!;
      if (sum <= best) continue;
      best = sum;
      threshold = nullScores[i]!;
    }
    return { score: count === 0 ? NO_EXAMPLES : best / count, threshold };
  };
}
