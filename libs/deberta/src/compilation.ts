import type { Checkpoint } from '@heddle/checkpoint';
import { HeddleError, type Lowering } from '@heddle/contracts';
import { type AblatedPart, without } from './config/ablation.js';
import { type HeadPlan, type HeadWishes, planHead } from './config/head.js';
import { CONFIG_LIMITS } from './config/keys.js';
import type { ModelConfig } from './config/model-config.js';
import { readModelConfig } from './config/read-config.js';
import { refuseEmptyScale } from './config/relative-attention.js';
import { lazily } from './graph/lazily.js';
import { readRelativeTable } from './graph/tables.js';
import type { Compilation } from './graph/write-graphs.js';
import { bareName } from './weights/names.js';
import { tensorShapes } from './weights/tensor-shapes.js';
import { resolveWeights, rowsOf } from './weights/weights.js';

/** The shortest input a version may be limited to (libs/contracts, versionManifest). */
const MIN_TOKENS = 8;
/** Measured on two processors: below, the nodes of twelve heads cost more than the cache saves. */
const TOGETHER_UP_TO = 64;

export interface CompilationWishes extends HeadWishes {
  lowering?: Lowering | undefined;
  /** Tokens of a batch up to which all heads attend together (Context). */
  togetherUpTo?: number | undefined;
  /** Longest input in tokens; the model's own limit when absent. */
  maxTokens?: number | undefined;
  /** Parts of the model to leave out, to measure what they are good for; none when absent. */
  without?: readonly AblatedPart[] | undefined;
}

/**
 * Everything the graphs of a checkpoint are emitted from. `tokenizerLimit` is the tokenizer's own limit in tokens,
 * if it has one. Throws the configuration and weight errors of model import.
 */
export function prepareCompilation(
  configJson: unknown,
  checkpoint: Checkpoint,
  wishes: CompilationWishes,
  tokenizerLimit: number | null = null,
): Compilation {
  const complete = readModelConfig(configJson, checkpoint.names);
  const names = checkpoint.names.map(bareName);
  const planned = planHead(
    complete,
    {
      architectures: (configJson as { architectures?: unknown }).architectures,
      classifierRows: rowsOf(checkpoint, 'classifier.weight'),
      has: (tensor) => names.some((name) => tensor.test(name)),
    },
    wishes,
  );
  const { config, plan } = without(wishes.without ?? [], complete, planned);
  const weights = resolveWeights(checkpoint, tensorShapes(config, plan));
  const lowering = wishes.lowering ?? 'skew';
  return {
    config,
    plan,
    weights,
    maxTokens: longestInput(config, plan, wishes.maxTokens, tokenizerLimit),
    lowering,
    // With both ways in a graph that gathers, both would compute an index for every pair in every pass.
    togetherUpTo: wishes.togetherUpTo ?? (lowering === 'gather' ? 0 : TOGETHER_UP_TO),
    relativeTable: lazily(() => readRelativeTable(weights, config.attention.relative!, config.layerNormEps)),
  };
}

/**
 * What is asked for, else max_position_embeddings or the tokenizer's limit where that is shorter. More than
 * max_position_embeddings is possible only without a table of absolute positions: distances go on.
 */
function longestInput(
  config: ModelConfig,
  plan: HeadPlan,
  wish: number | undefined,
  tokenizerLimit: number | null,
): number {
  const own = Math.min(config.maxPositions, tokenizerLimit ?? config.maxPositions);
  if (wish === undefined) return own;
  const bounded = config.absolutePositions || plan.mlm === 'ms-emd';
  const most = bounded ? config.maxPositions : CONFIG_LIMITS.positions;
  if (!Number.isInteger(wish) || wish < MIN_TOKENS || wish > most) {
    throw new HeddleError(
      'invalid-config',
      `maxTokens is ${wish}; this model takes ${MIN_TOKENS} to ${most}`,
    );
  }
  if (config.attention.relative) refuseEmptyScale(config.attention.relative, wish);
  return wish;
}
