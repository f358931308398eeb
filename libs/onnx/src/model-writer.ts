import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkGraph } from './check.js';
import { ExternalData } from './external-data.js';
import { GraphBuilder, type Value } from './graph.js';
import { serializeModel } from './serialize.js';

export const MODEL_FILE = 'model.onnx';
export const DATA_FILE = 'model.onnx.data';
/** Up to here a tensor stays in the model file: aligning it in the data file would cost more than it has. */
const INLINE_MAX_BYTES = 1024;

/** A model under construction: the graph in memory, its weights already on disk. */
export interface ModelWriter {
  readonly graph: GraphBuilder;
  /** Writes a float32 tensor in row-major order to disk and names it in the graph. */
  weight(name: Value, dims: readonly number[], values: Float32Array): Promise<Value>;
  /** Checks the graph and writes the model file. Throws when the graph is malformed. */
  save(): Promise<void>;
  /** Releases the data file; needed after `save` and after a failure alike. */
  close(): Promise<void>;
}

/** Starts a model in `dir`, which must not hold one yet. Removing files after a failure is up to the caller. */
export async function createModel(dir: string, name: string): Promise<ModelWriter> {
  const graph = new GraphBuilder(name);
  const data = await ExternalData.create(join(dir, DATA_FILE));
  return {
    graph,
    async weight(weightName, dims, values) {
      // Typed arrays are little-endian on every platform Node is built for that ONNX Runtime serves.
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const stored = bytes.length <= INLINE_MAX_BYTES ? bytes.slice() : await data.append(bytes);
      return graph.initializer({ name: weightName, type: 'float32', dims, data: stored });
    },
    async save() {
      checkGraph(graph.graph, data.bytes);
      await writeFile(join(dir, MODEL_FILE), serializeModel(graph.graph, DATA_FILE), { flag: 'wx' });
    },
    close: () => data.close(),
  };
}
