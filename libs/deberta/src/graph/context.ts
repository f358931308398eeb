import type { GraphBuilder, ModelWriter, Value } from '@heddle/onnx';
import type { Activation } from '../config/activations.js';
import type { ModelConfig } from '../config/model-config.js';
import type { Weights } from './weights.js';

/** What every part of the graph is emitted with. */
export interface Context {
  config: ModelConfig;
  /** Longest input in tokens the graph accepts. */
  maxTokens: number;
  weights: Weights;
  graph: GraphBuilder;
  /** Writes a tensor of the graph that is not one of the checkpoint's as it stands. */
  store: ModelWriter['weight'];
}

/** A tensor of the checkpoint, unchanged. */
export async function parameter({ weights, store }: Context, name: string): Promise<Value> {
  return store(name, weights.shape(name), await weights.read(name));
}

/** x [n, inputs] → x·Wᵀ + b [n, outputs]; W is stored [outputs, inputs] and stays so. */
export async function linear(context: Context, name: string, x: Value, output?: Value): Promise<Value> {
  const inputs = [x, await parameter(context, `${name}.weight`), await parameter(context, `${name}.bias`)];
  return context.graph.node('Gemm', inputs, { transB: 1 }, output === undefined ? {} : { output });
}

/** Over the last axis, with the biased variance; one node, so that half precision may compute it in float32. */
export async function layerNorm(context: Context, name: string, x: Value): Promise<Value> {
  const inputs = [x, await parameter(context, `${name}.weight`), await parameter(context, `${name}.bias`)];
  const epsilon = { float: context.config.layerNormEps };
  return context.graph.node('LayerNormalization', inputs, { axis: -1, epsilon });
}

export function activation({ graph }: Context, kind: Activation, x: Value): Value {
  switch (kind) {
    case 'gelu':
      return graph.node('Gelu', [x], { approximate: 'none' });
    case 'gelu-tanh':
      return graph.node('Gelu', [x], { approximate: 'tanh' });
    case 'silu':
      return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
    case 'relu':
      return graph.node('Relu', [x]);
    case 'tanh':
      return graph.node('Tanh', [x]);
    case 'sigmoid':
      return graph.node('Sigmoid', [x]);
    case 'linear':
      return x;
  }
}
