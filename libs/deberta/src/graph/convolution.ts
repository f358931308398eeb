import type { Value } from '@heddle/onnx';
import type { Convolution } from '../config/model-config.js';
import { activation } from './activations.js';
import { type Context, layerNorm, parameter } from './context.js';
import { bySequence, type Sequence } from './embeddings.js';

/**
 * LN(first layer's output + act(conv(embeddings))) (transformers ConvLayer). `embedded` is zero at padding, which
 * is what a convolution at the end of a shorter sequence sees. transformers also zeroes rows of padding here;
 * no real token reads them, so that is left out. [B·L, H] → [B·L, H]
 */
export async function emitConvolution(
  context: Context,
  convolution: Convolution,
  embedded: Sequence,
  firstOutput: Value,
): Promise<Value> {
  const { graph, config } = context;
  const { kernel, groups } = convolution;
  const sides = (kernel - 1) / 2;
  const tokens = bySequence(context, embedded, embedded.hidden, config.hiddenSize);
  const channels = graph.node('Transpose', [tokens], { perm: [0, 2, 1] });
  const convolved = graph.node(
    'Conv',
    [channels, await kernelOf(context, convolution), await parameter(context, 'encoder.conv.conv.bias')],
    { kernel_shape: [kernel], pads: [sides, sides], group: groups },
  );
  const byToken = graph.node('Transpose', [convolved], { perm: [0, 2, 1] });
  const rows = graph.node('Reshape', [byToken, graph.ints([-1, config.hiddenSize])]);
  const sum = graph.node('Add', [firstOutput, activation(context, convolution.activation, rows)]);
  return layerNorm(context, 'encoder.conv.LayerNorm', sum);
}

/** In a causal graph without what it would see of later tokens: they are zero to it, like padding. */
async function kernelOf(context: Context, { kernel }: Convolution): Promise<Value> {
  const name = 'encoder.conv.conv.weight';
  if (!context.causal) return parameter(context, name);
  const { store, weights } = context;
  return store(`${name}.causal`, weights.shape(name), async () => {
    const values = await weights.read(name);
    for (let i = 0; i < values.length; i++) if (i % kernel > (kernel - 1) / 2) values[i] = 0;
    return values;
  });
}
