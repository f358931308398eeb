import type { FloatType, Graph, GraphWriter, ModelWriter } from '@heddle/onnx';
import { emitAttentionGraph } from './attention-graph.js';
import type { Context, Quantization } from './context.js';
import { storingHalves } from './halves.js';
import { emitModel } from './heads/emit-model.js';

/** What is the same for all graphs of a model. */
export type Compilation = Omit<
  Context,
  'graph' | 'known' | 'store' | 'storeEntries' | 'causal' | 'inner' | 'floats' | 'quantization'
>;

/** The graphs of a model, over the same weights; `causal` of masked language models only. */
export type GraphName = 'main' | 'causal' | 'attention';
export const GRAPH_FILES = {
  main: 'model.onnx',
  causal: 'causal.onnx',
  attention: 'attention.onnx',
} as const satisfies Record<GraphName, string>;
/** The main graph once more, with all heads together: a GPU wants few large steps where a processor wants small ones. */
export const GPU_FILE = 'gpu.onnx';

export function graphNames({ plan }: Compilation): GraphName[] {
  return plan.head === 'masked-lm' ? ['main', 'causal', 'attention'] : ['main', 'attention'];
}

export interface GraphOptions {
  /** Shows inner values, where a reference wants to see them. */
  inner?: boolean;
  /** Weights and activations; float32 when absent. Only main graphs whose heads attend together can be float16. */
  floats?: FloatType;
  /** None when absent. */
  quantization?: Quantization;
  /** Adds `range.<name>` [H] as outputs, for Quantization.ranges: the largest magnitude of each channel, over all rows. */
  ranges?: boolean;
}

/** Emits and saves one graph of a model. */
export function writeGraph(
  compilation: Compilation,
  model: ModelWriter,
  name: GraphName,
  options: GraphOptions = {},
): Promise<Graph> {
  return emitGraph(compilation, name === 'main' ? model : model.sibling(GRAPH_FILES[name]), name, options);
}

export function writeGpuGraph(compilation: Compilation, model: ModelWriter): Promise<Graph> {
  return emitGraph(headsTogether(compilation), model.sibling(GPU_FILE), 'main');
}

/** The graph for GPUs in half precision; saved by its writer. Errors: `model-nonfinite` where a weight is no half. */
export function writeFp16Graph(
  compilation: Compilation,
  writer: GraphWriter,
  options: Pick<GraphOptions, 'inner'> = {},
): Promise<Graph> {
  return emitGraph(headsTogether(compilation), writer, 'main', { ...options, floats: 'float16' });
}

function headsTogether(compilation: Compilation): Compilation {
  return { ...compilation, togetherUpTo: Number.POSITIVE_INFINITY };
}

/** Emits and saves one graph with a writer of its own. */
export async function emitGraph(
  compilation: Compilation,
  writer: GraphWriter,
  name: GraphName,
  { inner = false, floats = 'float32', quantization, ranges = false }: GraphOptions = {},
): Promise<Graph> {
  const context: Context = {
    ...compilation,
    causal: name === 'causal',
    inner,
    floats,
    quantization: quantization ?? null,
    graph: writer.graph,
    known: new Map(),
    store: floats === 'float16' ? storingHalves(writer) : writer.weight,
    storeEntries: writer.entries,
  };
  await (name === 'attention' ? emitAttentionGraph(context) : emitModel(context));
  if (ranges) showRanges(context);
  await writer.save();
  return writer.graph.graph;
}

function showRanges({ graph, known, config }: Context): void {
  for (const [value, what] of known) {
    if (what.kind === 'bounded') continue;
    const rows = graph.node('Reshape', [value, graph.ints([-1, config.hiddenSize])]);
    const sizes = graph.node('Abs', [rows]);
    graph.node('ReduceMax', [sizes, graph.ints([0])], { keepdims: 0 }, { output: `range.${what.name}` });
    graph.output(`range.${what.name}`, 'float32', [config.hiddenSize]);
  }
}
