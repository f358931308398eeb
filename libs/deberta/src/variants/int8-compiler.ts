import { createModel } from '@heddle/onnx';
import { openCheckpointFolder } from '../checkpoint-folder.js';
import { prepareCompilation } from '../compilation.js';
import type { CompileWishes } from '../compile.js';
import type { Quantization } from '../graph/context.js';
import { type Compilation, emitGraph } from '../graph/write-graphs.js';

/** Of the file that holds the weights of a series; no graph is called so. */
const SERIES = 'series';

export interface Int8Options extends CompileWishes {
  /** As of `compileModel`. Only read. */
  checkpointDir: string;
}

/** Compiles the main graph of one checkpoint with integer products, as often as wanted. */
export interface Int8Compiler {
  /** Layers of the encoder, which a quantization names by index. */
  readonly layers: number;
  /** Writes the graph `file`, and its weights as `file.data`; `dir` must hold neither of them yet. */
  write(dir: string, file: string, quantization: Quantization): Promise<void>;
  /**
   * Starts graphs that differ in what is quantized, over weights that are written once. `dir` must be there, and hold
   * no series. With `inner` they show the encoder alone: `hidden_states.0` (embeddings), `hidden_states.i` after layer
   * i − 1, and the last layer's as `tokens`; all [batch, sequence, hidden size].
   */
  startSeries(dir: string, options?: { inner?: boolean }): Promise<GraphSeries>;
  /** Closes the checkpoint. */
  close(): Promise<void>;
}

export interface GraphSeries {
  /** Writes one graph as `file`; in float32 where the quantization is null. */
  write(file: string, quantization: Quantization | null): Promise<void>;
  close(): Promise<void>;
}

/** Opens a checkpoint for its int8 variant. Throws what `compileModel` throws of the same folder and wishes. */
export async function openInt8Compiler({ checkpointDir, ...wishes }: Int8Options): Promise<Int8Compiler> {
  const { config, checkpoint, modelMaxLength } = await openCheckpointFolder(checkpointDir, wishes.weights);
  const prepare = (changes: CompileWishes = {}) =>
    prepareCompilation(config, checkpoint, { ...wishes, ...changes }, modelMaxLength);
  try {
    const main = prepare();
    return {
      layers: main.config.layers,
      write: async (dir, file, quantization) => {
        const model = await createModel(dir, main.plan.head, file);
        try {
          await emitGraph(main, model, 'main', { quantization });
        } finally {
          await model.close();
        }
      },
      startSeries: (dir, { inner = false } = {}) =>
        // A head that reads every token, so that every state of the last layer is there to be shown.
        startSeries(
          inner ? prepare({ head: 'features', mlmHead: undefined, labels: undefined }) : main,
          dir,
          inner,
        ),
      close: () => checkpoint.close(),
    };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

async function startSeries(compilation: Compilation, dir: string, inner: boolean): Promise<GraphSeries> {
  const model = await createModel(dir, compilation.plan.head, SERIES);
  return {
    write: async (file, quantization) => {
      const options = { inner, ...(quantization && { quantization }) };
      await emitGraph(compilation, model.sibling(file), 'main', options);
    },
    close: () => model.close(),
  };
}
