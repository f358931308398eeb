import type { FloatType, Graph, GraphWriter, ModelWriter, Value } from '@heddle/onnx';
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
/** The main graph with integer products, and in half precision; each over weights of its own. */
export const INT8_FILE = 'int8.onnx';
export const FP16_FILE = 'fp16.onnx';
/** The main graph in the other lowering: which one is faster is measured where it runs. */
export const GATHER_FILE = 'gather.onnx';

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
  /**
   * Adds `range.<name>` and `square.<name>` [H] as outputs, for Quantization.ranges: the largest magnitude and the mean
   * square of each channel, over all rows.
   */
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

/** The main graph that shows what it is quantized by (GraphOptions.ranges). */
export const RANGES_FILE = 'ranges.onnx';

export function writeRangesGraph(compilation: Compilation, model: ModelWriter): Promise<Graph> {
  return emitGraph(compilation, model.sibling(RANGES_FILE), 'main', { ranges: true });
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

/** Null for a model whose scores do not depend on distance. */
export async function writeGatherGraph(compilation: Compilation, model: ModelWriter): Promise<Graph | null> {
  if (!compilation.config.attention.relative) return null;
  const gathering: Compilation = { ...compilation, lowering: 'gather', togetherUpTo: 0 };
  return emitGraph(gathering, model.sibling(GATHER_FILE), 'main');
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
  // The mask decoder passes through its layer more than once.
  const byName = new Map<string, Value[]>();
  for (const [value, what] of known) {
    if (what.kind === 'bounded') continue;
    const rows = graph.node('Reshape', [value, graph.ints([-1, config.hiddenSize])]);
    byName.set(what.name, [...(byName.get(what.name) ?? []), rows]);
  }
  for (const [name, values] of byName) {
    const rows = values.length === 1 ? values[0]! : graph.node('Concat', values, { axis: 0 });
    const show = (output: string, reduction: string, of: Value) => {
      graph.node(reduction, [of, graph.ints([0])], { keepdims: 0 }, { output });
      graph.output(output, 'float32', [config.hiddenSize]);
    };
    show(`range.${name}`, 'ReduceMax', graph.node('Abs', [rows]));
    show(`square.${name}`, 'ReduceMean', graph.node('Mul', [rows, rows]));
  }
}
