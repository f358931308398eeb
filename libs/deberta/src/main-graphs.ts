import type { Lowering, Provider, VersionManifest } from '@heddle/contracts';
import { GATHER_FILE, GPU_FILE, GRAPH_FILES } from './graph/write-graphs.js';

/** A file that answers for a version's head. */
export interface MainGraph {
  lowering: Lowering;
  file: string;
}

/**
 * The main graphs of a version that a provider may run, the default one first; all give the same answers. A GPU has one
 * of its own, where the version's compiler wrote it.
 */
export function mainGraphs({ files }: Pick<VersionManifest, 'files'>, provider: Provider): MainGraph[] {
  if (provider !== 'cpu') {
    return [{ lowering: 'skew', file: GPU_FILE in files ? GPU_FILE : GRAPH_FILES.main }];
  }
  const graphs: MainGraph[] = [{ lowering: 'skew', file: GRAPH_FILES.main }];
  if (GATHER_FILE in files) graphs.push({ lowering: 'gather', file: GATHER_FILE });
  return graphs;
}
