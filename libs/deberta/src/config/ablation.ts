import { HeddleError } from '@heddle/contracts';
import type { HeadPlan } from './head.js';
import type { ModelConfig } from './model-config.js';

/**
 * What the DeBERTa paper's ablation takes away: content to position, position to content, and the enhanced mask
 * decoder.
 */
export const ABLATED_PARTS = ['c2p', 'p2c', 'emd'] as const;
export type AblatedPart = (typeof ABLATED_PARTS)[number];

/** The parts of a model that can be left out. */
export function partsOf({ attention, absolutePositions }: ModelConfig, { mlm }: HeadPlan): AblatedPart[] {
  const { contentToPosition = false, positionToContent = false } = attention.relative ?? {};
  // With absolute positions in its input the head reads the last layer as it is.
  const has = { c2p: contentToPosition, p2c: positionToContent, emd: mlm === 'ms-emd' && !absolutePositions };
  return ABLATED_PARTS.filter((part) => has[part]);
}

/**
 * A model without some of its parts, weights as they are. Scores are still divided by the scale the model was trained
 * with, sqrt(d · (1 + its number of position terms)): the terms that stay are then the same numbers, and what is
 * missing is the term alone. The paper's ablations are models trained anew, whose scale counts the terms they have.
 * Without the mask decoder the head reads the last layer, as transformers runs it.
 * Errors: `invalid-config` for a part the model lacks.
 */
export function without(
  parts: readonly AblatedPart[],
  config: ModelConfig,
  plan: HeadPlan,
): { config: ModelConfig; plan: HeadPlan } {
  const own = partsOf(config, plan);
  const missing = parts.find((part) => !own.includes(part));
  if (missing !== undefined) {
    throw new HeddleError('invalid-config', `the model has no ${missing} to leave out`);
  }
  return {
    config: { ...config, attention: { ...config.attention, relative: relativeWithout(parts, config) } },
    plan: parts.includes('emd') ? { ...plan, mlm: 'hf-new' } : plan,
  };
}

function relativeWithout(
  parts: readonly AblatedPart[],
  { attention: { relative } }: ModelConfig,
): ModelConfig['attention']['relative'] {
  if (relative === null) return null;
  const contentToPosition = relative.contentToPosition && !parts.includes('c2p');
  const positionToContent = relative.positionToContent && !parts.includes('p2c');
  return contentToPosition || positionToContent
    ? { ...relative, contentToPosition, positionToContent }
    : null;
}
