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

/** Of the table of words, in standard deviations of its values. */
const TABLE_OFFSET = 300;

/**
 * Changes the table of word embeddings of a checkpoint folder so that two channels take the digits of int8 from all
 * others. One is larger and one smaller by a constant, which moves no mean; the LayerNorm behind them takes it away, and
 * multiplies all others by what the larger variance divides them by. Halves keep what bytes lose.
 */
export async function addOutlierEmbeddings(dir: string): Promise<void> {
  await changeTensors(dir, (named) => {
    const table = named('deberta.embeddings.word_embeddings.weight');
    const gain = named('deberta.embeddings.LayerNorm.weight');
    const bias = named('deberta.embeddings.LayerNorm.bias');
    const size = gain.length;
    const deviation = Math.sqrt(table.reduce((sum, value) => sum + value * value, 0) / table.length);
    const offset = TABLE_OFFSET * deviation;
    const larger = Math.sqrt(deviation ** 2 + (2 * offset ** 2) / size);
    const signs: [number, number][] = [
      [CHANNELS[0]!, 1],
      [CHANNELS[1]!, -1],
    ];
    for (const [channel, sign] of signs) {
      for (let i = channel; i < table.length; i += size) table[i]! += sign * offset;
    }
    for (let i = 0; i < size; i++) gain[i]! *= larger / deviation;
    for (const [channel, sign] of signs) bias[channel]! -= (sign * offset * gain[channel]!) / larger;
  });
}
