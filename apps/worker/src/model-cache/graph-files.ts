import type { Provider, VersionManifest } from '@heddle/contracts';
import type { GraphName } from '@heddle/deberta';

/** Files of a version's float32 graphs; they share one file of weights. */
const GRAPH_FILES: Record<GraphName, string> = {
  main: 'model.onnx',
  causal: 'causal.onnx',
  attention: 'attention.onnx',
};
const WEIGHTS_FILE = 'model.onnx.data';
/** Instead of the main graph on a GPU, over the same weights; versions of older compilers have none. */
const GPU_FILE = 'gpu.onnx';
/** The main graph of a version that is served in another precision, with weights of its own. */
const INT8_FILE = 'int8.onnx';
const FP16_FILE = 'fp16.onnx';

type Served = Pick<VersionManifest, 'files' | 'precision'>;

/** The file of a graph as a provider is given it, and that of its weights. */
export function graphFiles(
  graph: GraphName,
  { files, precision }: Served,
  provider: Provider,
): { file: string; weights: string } {
  if (graph !== 'main') return { file: GRAPH_FILES[graph], weights: WEIGHTS_FILE };
  const onGpu = provider !== 'cpu';
  if (precision === 'int8') return withOwnWeights(INT8_FILE);
  if (precision === 'fp16' && onGpu) return withOwnWeights(FP16_FILE);
  return { file: onGpu && GPU_FILE in files ? GPU_FILE : GRAPH_FILES.main, weights: WEIGHTS_FILE };
}

/** ONNX Runtime's CPU computes few operators in half precision: it would cast to and fro, and be slower than float32. */
export function isServedInFp32Instead({ precision }: Served, provider: Provider): boolean {
  return precision === 'fp16' && provider === 'cpu';
}

function withOwnWeights(file: string): { file: string; weights: string } {
  return { file, weights: `${file}.data` };
}
