import type { GraphBuilder, GraphWriter, ModelWriter } from '@heddle/onnx';
import { emitAttentionGraph } from './attention-graph.js';
import type { Context } from './context.js';
import { emitModel } from './heads/emit-model.js';

/** What is the same for all graphs of a model. */
export type Compilation = Omit<Context, 'graph' | 'store' | 'storeEntries' | 'causal' | 'inner'>;

/** The graphs of a model, over the same weights; `causal` of masked language models only. */
export type GraphName = 'main' | 'causal' | 'attention';
export const GRAPH_FILES = {
  main: 'model.onnx',
  causal: 'causal.onnx',
  attention: 'attention.onnx',
} as const satisfies Record<GraphName, string>;

export function graphNames({ plan }: Compilation): GraphName[] {
  return plan.head === 'masked-lm' ? ['main', 'causal', 'attention'] : ['main', 'attention'];
}

/** Emits and saves one graph. Inner values are shown where a reference wants to see them. */
export async function writeGraph(
  compilation: Compilation,
  model: ModelWriter,
  name: GraphName,
  { inner = false } = {},
): Promise<GraphBuilder['graph']> {
  const writer: GraphWriter = name === 'main' ? model : model.sibling(GRAPH_FILES[name]);
  const context: Context = {
    ...compilation,
    causal: name === 'causal',
    inner,
    graph: writer.graph,
    store: writer.weight,
    storeEntries: writer.entries,
  };
  await (name === 'attention' ? emitAttentionGraph(context) : emitModel(context));
  await writer.save();
  return writer.graph.graph;
}
