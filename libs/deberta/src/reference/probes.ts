import type { ReferenceModel, ReferenceSequence } from './model.js';

/** Real tokens of a probe: enough for every term of the formulas, few enough for seconds at base size. */
const PROBE_TOKENS = 12;
/** Any multiplier that scatters ids over a vocabulary; fixed, so that a checkpoint gets the same probes always. */
const SCATTER = 2_654_435_761;

/**
 * The sequences a model is probed with: one without gaps, and one whose few real tokens are spread evenly over the
 * longest input, so that far distances are probed at the cost of near ones.
 */
export function probesOf(model: ReferenceModel, maxTokens: number): ReferenceSequence[] {
  const count = Math.min(PROBE_TOKENS, maxTokens);
  const stride = Math.floor((maxTokens - 1) / (count - 1));
  return [1, stride].map((step, probe) => {
    const places = Array.from({ length: count }, (_, at) => at);
    return {
      ids: places.map((at) => ((probe * count + at + 1) * SCATTER) % model.vocabSize),
      positions: places.map((at) => at * step),
      asked: [1, count - 2],
      typeIds: places.map((at) => (model.typeVocabSize > 1 && at > count / 2 ? 1 : 0)),
    };
  });
}
