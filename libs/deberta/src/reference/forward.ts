import { openCheckpointFolder } from '../checkpoint-folder.js';
import { type CompilationWishes, prepareCompilation } from '../compilation.js';
import { headOutputs } from './heads.js';
import type { Matrix } from './matrix.js';
import type { ReferenceSequence } from './model.js';
import { probesOf } from './probes.js';
import { Tensors } from './tensors.js';

/** A probe and what the model answers to it: outputs by name, of real tokens alone. */
export interface ReferenceProbe {
  sequence: ReferenceSequence;
  outputs: Record<string, Matrix>;
}

/**
 * What a checkpoint computes for a few fixed sequences, from its weights by the formulas of the model in float64,
 * plainly and slowly. Shares no code with the graphs: it is what they are measured against. The wishes are those of
 * the compilation.
 */
export async function computeReference(
  checkpointDir: string,
  wishes: CompilationWishes & { weights?: string | undefined } = {},
): Promise<ReferenceProbe[]> {
  const { config, checkpoint, modelMaxLength } = await openCheckpointFolder(checkpointDir, wishes.weights);
  try {
    const compilation = prepareCompilation(config, checkpoint, wishes, modelMaxLength);
    const model = { ...compilation.config, ...compilation.plan };
    const tensors = new Tensors(checkpoint, model.layerNormEps);
    const sequences = probesOf(model, compilation.maxTokens);
    const outputs = await headOutputs(model, tensors, sequences);
    return sequences.map((sequence, index) => ({ sequence, outputs: outputs[index]! }));
  } finally {
    await checkpoint.close();
  }
}
