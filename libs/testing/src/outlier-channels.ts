import { changeTensors } from './change-tensors.js';

/** Channels that are made large, and by how much: other values behind a LayerNorm are around 1. */
const CHANNELS = [7, 61, 130];
const OFFSET = 1000;

/**
 * Changes the weights of a checkpoint folder so that some layers have outlier channels, as known from real checkpoints,
 * and the model still computes the same: three channels between attention and feed-forward network are larger by a
 * constant, and the biases of what reads them take it away again. The largest value of a row is then that of a channel
 * that says nothing, and takes the digits of int8 from all others.
 */
export async function addOutlierChannels(dir: string, layers: readonly number[]): Promise<void> {
  await changeTensors(dir, (named) => {
    for (const layer of layers) {
      const tensor = (name: string) => named(`deberta.encoder.layer.${layer}.${name}`);
      const norm = tensor('attention.output.LayerNorm.bias');
      const weights = tensor('intermediate.dense.weight');
      const bias = tensor('intermediate.dense.bias');
      for (const channel of CHANNELS) {
        norm[channel]! += OFFSET;
        for (let row = 0; row < bias.length; row++)
          bias[row]! -= OFFSET * weights[row * norm.length + channel]!;
        // The sum of both goes into the next LayerNorm.
        tensor('output.dense.bias')[channel]! -= OFFSET;
      }
    }
  });
}
