import type { ModelConfig, RelativeAttention } from '../config/model-config.js';
import type { TensorShapes } from './weights.js';

type Entry = [name: string, shape: number[]];

/** Every tensor of the checkpoint the graph of a model is made of (transformers modeling_deberta_v2.py). */
export function tensorShapes(config: ModelConfig): TensorShapes {
  const layers = Array.from({ length: config.layers }, (_, index) => layerShapes(config, index));
  return new Map([
    ...embeddingShapes(config),
    ...relativeShapes(config),
    ...layers.flat(),
    ...headShapes(config),
  ]);
}

export const layerName = (index: number) => `encoder.layer.${index}`;

function embeddingShapes({ vocabSize, embeddingSize, hiddenSize, ...config }: ModelConfig): Entry[] {
  const entries: Entry[] = [
    ['embeddings.word_embeddings.weight', [vocabSize, embeddingSize]],
    ...layerNorm('embeddings.LayerNorm', hiddenSize),
  ];
  if (config.absolutePositions) {
    entries.push(['embeddings.position_embeddings.weight', [config.maxPositions, embeddingSize]]);
  }
  if (embeddingSize !== hiddenSize) {
    entries.push(['embeddings.embed_proj.weight', [hiddenSize, embeddingSize]]);
  }
  return entries;
}

function relativeShapes({ hiddenSize, attention: { relative } }: ModelConfig): Entry[] {
  if (relative === null) return [];
  return [
    ['encoder.rel_embeddings.weight', [2 * relative.span, hiddenSize]],
    ...(relative.normalized ? layerNorm('encoder.LayerNorm', hiddenSize) : []),
  ];
}

function layerShapes({ hiddenSize, intermediateSize, attention }: ModelConfig, index: number): Entry[] {
  const layer = layerName(index);
  const self = `${layer}.attention.self`;
  return [
    ...linear(`${self}.query_proj`, hiddenSize, hiddenSize),
    ...linear(`${self}.key_proj`, hiddenSize, hiddenSize),
    ...linear(`${self}.value_proj`, hiddenSize, hiddenSize),
    ...positionProjections(attention.relative).flatMap((name) =>
      linear(`${self}.${name}`, hiddenSize, hiddenSize),
    ),
    ...linear(`${layer}.attention.output.dense`, hiddenSize, hiddenSize),
    ...layerNorm(`${layer}.attention.output.LayerNorm`, hiddenSize),
    ...linear(`${layer}.intermediate.dense`, intermediateSize, hiddenSize),
    ...linear(`${layer}.output.dense`, hiddenSize, intermediateSize),
    ...layerNorm(`${layer}.output.LayerNorm`, hiddenSize),
  ];
}

/** Only the projections whose term is used exist in a checkpoint. */
function positionProjections(relative: RelativeAttention | null): string[] {
  if (relative === null || relative.shareKey) return [];
  return [
    ...(relative.contentToPosition ? ['pos_key_proj'] : []),
    ...(relative.positionToContent ? ['pos_query_proj'] : []),
  ];
}

function headShapes({ head, hiddenSize, labels }: ModelConfig): Entry[] {
  const classifier = linear('classifier', labels.length, hiddenSize);
  if (head === 'token-classification') return classifier;
  return [...linear('pooler.dense', hiddenSize, hiddenSize), ...classifier];
}

function linear(name: string, outputs: number, inputs: number): Entry[] {
  return [
    [`${name}.weight`, [outputs, inputs]],
    [`${name}.bias`, [outputs]],
  ];
}

function layerNorm(name: string, size: number): Entry[] {
  return [
    [`${name}.weight`, [size]],
    [`${name}.bias`, [size]],
  ];
}
