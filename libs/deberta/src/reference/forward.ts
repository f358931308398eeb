import { openCheckpoint } from '@heddle/checkpoint';
import { readCheckpointFiles } from '../checkpoint-files.js';
import { readModelConfig } from '../config/read-config.js';
import { headOutputs } from './heads.js';
import type { Matrix } from './matrix.js';
import { type ReferenceSequence, referenceModel } from './model.js';
import { Tensors } from './tensors.js';

export interface Reference {
  /** By sequence: the model's outputs by name, for real tokens alone. */
  outputs: Record<string, Matrix>[];
  /** Tensors of the checkpoint that have no part in them. */
  tensorsIgnored: string[];
}

/**
 * What a checkpoint computes, from its weights by the formulas of the model in float64, plainly and slowly. Shares
 * no code with the graphs: it is what they are measured against.
 */
export async function referenceForward(
  checkpointDir: string,
  sequences: ReferenceSequence[],
): Promise<Reference> {
  const { config } = await readCheckpointFiles(checkpointDir);
  const model = referenceModel(readModelConfig(config));
  const checkpoint = await openCheckpoint(checkpointDir);
  try {
    const tensors = new Tensors(checkpoint, model.layerNormEps);
    const outputs: Record<string, Matrix>[] = [];
    for (const sequence of sequences) outputs.push(await headOutputs(model, tensors, sequence));
    const { used } = tensors;
    return { outputs, tensorsIgnored: checkpoint.names.filter((name) => !used.has(name)) };
  } finally {
    await checkpoint.close();
  }
}
