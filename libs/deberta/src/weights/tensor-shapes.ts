import type { HeadPlan } from '../config/head.js';
import type { ModelConfig, RelativeAttention } from '../config/model-config.js';
import { headShapes } from './head-shapes.js';
import { layerNorm, linear, type NamedShape } from './named-shapes.js';
import type { TensorShapes } from './weights.js';

/**
 * Every tensor of the checkpoint the graphs of a model are made of (transformers modeling_deberta.py and
 * modeling_deberta_v2.py; DeBERTa/apps/models for Microsoft's heads).
 */
export function tensorShapes(config: ModelConfig, plan: HeadPlan): TensorShapes {
  const layers = Array.from({ length: config.layers }, (_, index) => layerShapes(config, index));
  return new Map([
    ...embeddingShapes(config),
    ...relativeShapes(config),
    ...convolutionShapes(config),
    ...layers.flat(),
    ...headShapes(config, plan),
  ]);
}

export const layerName = (index: number) => `encoder.layer.${index}`;

/** Number of the layer that a tensor belongs to; null when it belongs to none. */
export function layerNumber(name: string): number | null {
  const found = /^encoder\.layer\.(\d+)\./.exec(name);
  return found && Number(found[1]);
}

function embeddingShapes({ vocabSize, embeddingSize, hiddenSize, ...config }: ModelConfig): NamedShape[] {
  const entries: NamedShape[] = [
    ['embeddings.word_embeddings.weight', [vocabSize, embeddingSize]],
    ...layerNorm('embeddings.LayerNorm', hiddenSize),
  ];
  if (config.absolutePositions) {
    entries.push(['embeddings.position_embeddings.weight', [config.maxPositions, embeddingSize]]);
  }
  if (config.typeVocabSize > 0) {
    entries.push(['embeddings.token_type_embeddings.weight', [config.typeVocabSize, embeddingSize]]);
  }
  if (embeddingSize !== hiddenSize) {
    entries.push(['embeddings.embed_proj.weight', [hiddenSize, embeddingSize]]);
  }
  return entries;
}

function relativeShapes({ hiddenSize, attention: { relative } }: ModelConfig): NamedShape[] {
  if (relative === null) return [];
  return [
    ['encoder.rel_embeddings.weight', [2 * relative.span, hiddenSize]],
    ...(relative.normalized ? layerNorm('encoder.LayerNorm', hiddenSize) : []),
  ];
}

function convolutionShapes({ hiddenSize, convolution }: ModelConfig): NamedShape[] {
  if (convolution === null) return [];
  return [
    ['encoder.conv.conv.weight', [hiddenSize, hiddenSize / convolution.groups, convolution.kernel]],
    ['encoder.conv.conv.bias', [hiddenSize]],
    ...layerNorm('encoder.conv.LayerNorm', hiddenSize),
  ];
}

function layerShapes(config: ModelConfig, index: number): NamedShape[] {
  const { hiddenSize, intermediateSize } = config;
  const layer = layerName(index);
  return [
    ...attentionShapes(config, `${layer}.attention.self`),
    ...linear(`${layer}.attention.output.dense`, hiddenSize, hiddenSize),
    ...layerNorm(`${layer}.attention.output.LayerNorm`, hiddenSize),
    ...linear(`${layer}.intermediate.dense`, intermediateSize, hiddenSize),
    ...linear(`${layer}.output.dense`, hiddenSize, intermediateSize),
    ...layerNorm(`${layer}.output.LayerNorm`, hiddenSize),
  ];
}

function attentionShapes(config: ModelConfig, self: string): NamedShape[] {
  return config.family === 'deberta-v1' ? fusedShapes(config, self) : separateShapes(config, self);
}

/** v1: query, key and value in one tensor, no bias of the keys. */
function fusedShapes({ hiddenSize: hidden, attentionHeads: heads, attention }: ModelConfig, self: string) {
  const { contentToPosition = false, positionToContent = false } = attention.relative ?? {};
  const entries: NamedShape[] = [
    [`${self}.in_proj.weight`, [3 * hidden, hidden]],
    [`${self}.q_bias`, [hidden]],
    [`${self}.v_bias`, [hidden]],
  ];
  if (contentToPosition) entries.push([`${self}.pos_proj.weight`, [hidden, hidden]]);
  if (positionToContent) entries.push(...linear(`${self}.pos_q_proj`, hidden, hidden));
  if (attention.talkingHeads) {
    entries.push([`${self}.head_logits_proj.weight`, [heads, heads]]);
    entries.push([`${self}.head_weights_proj.weight`, [heads, heads]]);
  }
  return entries;
}

function separateShapes({ hiddenSize, attention }: ModelConfig, self: string): NamedShape[] {
  const names = ['query_proj', 'key_proj', 'value_proj', ...positionProjections(attention.relative)];
  return names.flatMap((name) => linear(`${self}.${name}`, hiddenSize, hiddenSize));
}

/** Only the projections whose term is used exist in a checkpoint. */
function positionProjections(relative: RelativeAttention | null): string[] {
  if (relative === null || relative.shareKey) return [];
  return [
    ...(relative.contentToPosition ? ['pos_key_proj'] : []),
    ...(relative.positionToContent ? ['pos_query_proj'] : []),
  ];
}
