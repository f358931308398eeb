import type { Lowering } from '@heddle/contracts';
import {
  DATA_TYPES,
  type Dimension,
  type FloatType,
  type GraphBuilder,
  type GraphWriter,
  type Value,
} from '@heddle/onnx';
import type { HeadPlan } from '../config/head.js';
import type { ModelConfig } from '../config/model-config.js';
import type { Weights } from '../weights/weights.js';

/** The int8 variant: products of some layers with their weights, and the table of word embeddings. */
export interface Quantization {
  /** Embeddings of words: bytes with a scale for each word, or halves. */
  table: 'int8' | 'fp16';
  /** The others stay float32. */
  layers: ReadonlySet<number>;
  /**
   * Largest magnitudes that calibration saw behind layer norms, by channel [H] and by the norm's name. Products of what
   * is in here have one scale for each channel, others one for each row.
   */
  ranges?: ReadonlyMap<string, Float32Array>;
}

/** What is known of the values that are multiplied with weights. */
export type Known =
  /** What a LayerNorm with the parameters `name` computed. */
  | { kind: 'norm'; name: string }
  /** Nothing is below −`below`, by the definition of an activation. */
  | { kind: 'bounded'; below: number };

/** What every part of a graph is emitted with. */
export interface Context {
  config: ModelConfig;
  plan: HeadPlan;
  /** Longest input in tokens the graph accepts. */
  maxTokens: number;
  lowering: Lowering;
  /** Batches of up to so many tokens attend with all heads together: they are quick, and nodes many. 0 = none, ∞ = all. */
  togetherUpTo: number;
  /** What weights and activations are. */
  floats: FloatType;
  /** What is computed as integers; null in a graph of floats. */
  quantization: Quantization | null;
  /** Tokens attend to themselves and to those before them alone. */
  causal: boolean;
  /** Adds what lies inside as outputs, to be compared with a reference: `hidden_states.{i}`, `emd_hidden`. */
  inner: boolean;
  weights: Weights;
  /** The table of relative embeddings as the layers project it, [2·span, H]; read once for all layers and graphs. */
  relativeTable(): Promise<Float64Array>;
  graph: GraphBuilder;
  known: Map<Value, Known>;
  /** Writes a tensor of the graph that is not one of the checkpoint's as it stands. */
  store: GraphWriter['weight'];
  /** The same, one tensor for each entry of the first axis. */
  storeEntries: GraphWriter['entries'];
}

/** A tensor of the checkpoint, unchanged. */
export async function parameter({ weights, store }: Context, name: string): Promise<Value> {
  return store(name, weights.shape(name), () => weights.read(name));
}

/**
 * Declares the result `name`, float32 in every graph. `emit` computes it in the graph's floats, and names it so where
 * it is told to.
 */
export async function result(
  { graph, floats }: Context,
  name: string,
  dims: readonly Dimension[],
  emit: (named: Named) => Value | Promise<Value>,
): Promise<void> {
  if (floats === 'float32') await emit({ output: name });
  else graph.node('Cast', [await emit({})], { to: DATA_TYPES.float32.code }, { output: name });
  graph.output(name, 'float32', dims);
}

/** The name of what a node computes; generated when absent. */
export interface Named {
  output?: Value;
}

/** A value in the graph's floats as float32. */
export function asFloat32({ graph, floats }: Context, x: Value): Value {
  return floats === 'float32' ? x : graph.node('Cast', [x], { to: DATA_TYPES.float32.code });
}

/** Over the last axis, with the biased variance; one node, which halves' providers compute in float32 (stash_type). */
export async function layerNorm(context: Context, name: string, x: Value): Promise<Value> {
  const { graph, config, known } = context;
  const gain = await parameter(context, `${name}.weight`);
  const bias = await parameter(context, `${name}.bias`);
  const epsilon = { float: config.layerNormEps };
  const normed = graph.node('LayerNormalization', [x, gain, bias], { axis: -1, epsilon });
  known.set(normed, { kind: 'norm', name });
  return normed;
}
