import { createModel } from '@heddle/onnx';
import { openCheckpointFolder } from '../checkpoint-folder.js';
import { prepareCompilation } from '../compilation.js';
import type { CompileWishes } from '../compile.js';
import { type AblatedPart, partsOf } from '../config/ablation.js';
import { emitGraph } from '../graph/write-graphs.js';

/** Of the file that holds the weights of all graphs; no graph is called so. */
const SERIES = 'ablations';

export interface AblationOptions extends Omit<CompileWishes, 'without' | 'precision'> {
  /** As of `compileModel`. Only read. */
  checkpointDir: string;
  /** Receives the graphs and one file of weights; must be there, and hold no such graphs. */
  dir: string;
}

/** Compiles float32 main graphs of one checkpoint that lack parts of the model, over weights that are written once. */
export interface AblationCompiler {
  /** What this model has that can be left out. */
  readonly parts: readonly AblatedPart[];
  /** Writes one graph as `file`; the whole model where nothing is left out. Errors: `invalid-config` for another part. */
  write(file: string, without: readonly AblatedPart[]): Promise<void>;
  /** Closes the checkpoint; then the graphs can be opened. */
  close(): Promise<void>;
}

/** Throws what `compileModel` throws of the same folder and wishes. */
export async function openAblationCompiler(options: AblationOptions): Promise<AblationCompiler> {
  const { checkpointDir, dir, ...wishes } = options;
  const { config, checkpoint, modelMaxLength } = await openCheckpointFolder(checkpointDir, wishes.weights);
  const prepare = (without: readonly AblatedPart[]) =>
    prepareCompilation(config, checkpoint, { ...wishes, without }, modelMaxLength);
  try {
    const complete = prepare([]);
    const model = await createModel(dir, complete.plan.head, SERIES);
    return {
      parts: partsOf(complete.config, complete.plan),
      write: async (file, without) => {
        await emitGraph(prepare(without), model.sibling(file), 'main');
      },
      close: async () => {
        await model.close();
        await checkpoint.close();
      },
    };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}
