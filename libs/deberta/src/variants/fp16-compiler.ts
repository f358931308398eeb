import { createModel } from '@heddle/onnx';
import { openCheckpointFolder } from '../checkpoint-folder.js';
import { prepareCompilation } from '../compilation.js';
import type { CompileWishes } from '../compile.js';
import { writeFp16Graph } from '../graph/write-graphs.js';
import { writeRounded } from './rounded.js';

export interface Fp16Options extends CompileWishes {
  /** As of `compileModel`. Only read. */
  checkpointDir: string;
  /** Receives both graphs and their weights, `<file>.data`; must hold none of them yet. */
  dir: string;
  /** The main graph in half precision, for providers of GPUs. */
  file: string;
  /** The same over the same weights for ONNX Runtime's CPU, which rounds no activation of the other (rounded.ts). */
  roundedFile: string;
}

/**
 * Compiles the fp16 variant of a checkpoint's main graph. Throws what `compileModel` throws of the same folder and
 * wishes, and `model-nonfinite` where a weight is too large for a half.
 */
export async function compileFp16(options: Fp16Options): Promise<void> {
  const { checkpointDir, dir, file, roundedFile, ...wishes } = options;
  const { config, checkpoint, modelMaxLength } = await openCheckpointFolder(checkpointDir, wishes.weights);
  try {
    const compilation = prepareCompilation(config, checkpoint, wishes, modelMaxLength);
    const model = await createModel(dir, compilation.plan.head, file);
    try {
      const half = await writeFp16Graph(compilation, model);
      await writeRounded(half, model.sibling(roundedFile));
    } finally {
      await model.close();
    }
  } finally {
    await checkpoint.close();
  }
}
