import type { Lowering, Provider, VersionManifest } from '@heddle/contracts';
import { DATA_FILE, dataFileOf } from '@heddle/onnx';
import { FP16_FILE, GATHER_FILE, GPU_FILE, GRAPH_FILES, INT8_FILE } from './graph/write-graphs.js';

/** A file that answers for a version's head. */
export interface MainGraph {
  lowering: Lowering;
  file: string;
  /** Where its weights lie. */
  weights: string;
}

/**
 * The main graphs of a version that a provider may run, the default one first; all give the same answers. A GPU has one
 * of its own, where the version's compiler wrote it. Integer products are for processors: of a version in int8 a GPU
 * serves the float32 that the version holds too, as a processor does of one in fp16.
 */
export function mainGraphs(
  { files, precision }: Pick<VersionManifest, 'files' | 'precision'>,
  provider: Provider,
): MainGraph[] {
  if (provider !== 'cpu' && precision === 'fp16') return [withOwnWeights(FP16_FILE)];
  if (provider !== 'cpu') return [skewed(GPU_FILE in files ? GPU_FILE : GRAPH_FILES.main)];
  if (precision === 'int8') return [withOwnWeights(INT8_FILE)];
  const graphs = [skewed(GRAPH_FILES.main)];
  if (GATHER_FILE in files) graphs.push({ lowering: 'gather', file: GATHER_FILE, weights: DATA_FILE });
  return graphs;
}

function skewed(file: string): MainGraph {
  return { lowering: 'skew', file, weights: DATA_FILE };
}

function withOwnWeights(file: string): MainGraph {
  return { lowering: 'skew', file, weights: dataFileOf(file) };
}
