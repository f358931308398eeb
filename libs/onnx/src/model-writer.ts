import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkGraph } from './check.js';
import { ExternalData, type ExternalRange } from './external-data.js';
import { DATA_TYPES, type DataType, GraphBuilder, type Initializer, type Value } from './graph.js';
import { serializeModel } from './serialize.js';

/** Up to here a tensor stays in the model file: aligning it in the data file would cost more than it has. */
const INLINE_MAX_BYTES = 1024;

/** A graph under construction: its nodes in memory, its weights already on disk. */
export interface GraphWriter {
  readonly graph: GraphBuilder;
  /**
   * Names a tensor in row-major order in the graph, of the type that its values are. A name
   * stands for one tensor in all graphs of a model: it is computed and written to disk where it is first needed, and
   * referred to from then on.
   */
  weight(name: Value, dims: readonly number[], values: WeightValues): Promise<Value>;
  /** The same, but one tensor `name.i` for each entry of the first axis, over the same bytes. */
  entries(name: Value, dims: readonly number[], values: WeightValues): Promise<Value[]>;
  /** Checks the graph and writes its file. Throws when the graph is malformed. */
  save(): Promise<void>;
}

/** The values of a tensor, or what computes them if they are not on disk yet. */
export type WeightValues = WeightArray | (() => Promise<WeightArray>);
/** Uint16Array: the bits of float16 numbers. */
export type WeightArray = Float32Array | Uint16Array | Int8Array | Uint8Array;

/** A model under construction: a first graph, and further ones over the same weights. */
export interface ModelWriter extends GraphWriter {
  /** Starts another graph that is saved as `file` beside the first. */
  sibling(file: string): GraphWriter;
  /** Releases the data file; needed after `save` and after a failure alike. */
  close(): Promise<void>;
}

interface StoredWeight {
  type: DataType;
  dims: readonly number[];
  data: Uint8Array | ExternalRange;
}

/**
 * Starts a model as `file` in `dir`, with the weights beside it; neither may be there yet. Removing files after a
 * failure is up to the caller.
 */
export async function createModel(dir: string, name: string, file = MODEL_FILE): Promise<ModelWriter> {
  const dataFile = dataFileOf(file);
  const data = await ExternalData.create(join(dir, dataFile));
  const stored = new Map<Value, StoredWeight>();
  const start = (graphFile: string): GraphWriter =>
    writerOf({ dir, graphFile, name, dataFile }, data, stored);
  return { ...start(file), sibling: start, close: () => data.close() };
}

/** Where the weights of a model file lie. */
export function dataFileOf(file: string): string {
  return `${file}.data`;
}

export const MODEL_FILE = 'model.onnx';
export const DATA_FILE = dataFileOf(MODEL_FILE);

function writerOf(
  place: { dir: string; graphFile: string; name: string; dataFile: string },
  data: ExternalData,
  stored: Map<Value, StoredWeight>,
): GraphWriter {
  const { dir, graphFile, name, dataFile } = place;
  const graph = new GraphBuilder(name);
  const named = new Set<Value>();
  const nameOnce = (initializer: Initializer): Value => {
    if (!named.has(initializer.name)) graph.initializer(initializer);
    named.add(initializer.name);
    return initializer.name;
  };
  const storeOnce = async (
    weightName: Value,
    dims: readonly number[],
    values: WeightValues,
  ): Promise<StoredWeight> => {
    const weight = stored.get(weightName) ?? (await store(data, dims, await valuesOf(values)));
    if (`${weight.dims}` !== `${dims}`) {
      throw new Error(`${weightName} is stored as [${weight.dims}], not as [${dims}]`);
    }
    stored.set(weightName, weight);
    return weight;
  };
  return {
    graph,
    async weight(weightName, dims, values) {
      return nameOnce({ name: weightName, ...(await storeOnce(weightName, dims, values)) });
    },
    async entries(weightName, dims, values) {
      const { type, data: whole } = await storeOnce(weightName, dims, values);
      const [count, ...rest] = dims;
      const length = rest.reduce((product, size) => product * size, DATA_TYPES[type].bytes);
      return Array.from({ length: count! }, (_, index) =>
        nameOnce({
          name: `${weightName}.${index}`,
          type,
          dims: rest,
          data: part(whole, index * length, length),
        }),
      );
    },
    async save() {
      checkGraph(graph.graph, data.bytes);
      await writeFile(join(dir, graphFile), serializeModel(graph.graph, dataFile), { flag: 'wx' });
    },
  };
}

async function valuesOf(values: WeightValues): Promise<WeightArray> {
  return typeof values === 'function' ? values() : values;
}

async function store(
  data: ExternalData,
  dims: readonly number[],
  values: WeightArray,
): Promise<StoredWeight> {
  // Typed arrays are little-endian on every platform Node is built for that ONNX Runtime serves.
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const type = typeOf(values);
  return { type, dims, data: bytes.length <= INLINE_MAX_BYTES ? bytes.slice() : await data.append(bytes) };
}

function typeOf(values: WeightArray): DataType {
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Uint16Array) return 'float16';
  return values instanceof Int8Array ? 'int8' : 'uint8';
}

function part(data: StoredWeight['data'], offset: number, length: number): StoredWeight['data'] {
  return data instanceof Uint8Array
    ? data.slice(offset, offset + length)
    : { offset: data.offset + offset, length };
}
