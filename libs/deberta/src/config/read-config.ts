import { HeddleError } from '@heddle/contracts';
import { readActivation } from './activations.js';
import { readConvolution } from './convolution.js';
import { readFamily } from './family.js';
import type { Dialect, RawConfig } from './keys.js';
import { readLabels } from './labels.js';
import type { ModelConfig } from './model-config.js';
import { parseConfig, unsupported } from './parse.js';
import { readRelativeAttention, scaleFactor } from './relative-attention.js';

/**
 * Reads the configuration of a checkpoint with these tensors: transformers' config.json of DeBERTa v1 or v2/v3
 * or, without a model_type, Microsoft's own. Throws `unsupported-architecture` for a model that is not compiled,
 * naming key, value and what is supported; `invalid-config` for values that are out of range or contradict each
 * other; `missing-tensors` for weights of another family.
 */
export function readModelConfig(json: unknown, tensorNames: readonly string[]): ModelConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new HeddleError('invalid-config', 'the configuration must be an object');
  }
  const { dialect, fused } = readFamily(json, tensorNames);
  const raw = parseConfig(json, dialect);
  refuseContradictions(raw, dialect);
  if (raw.talking_head && !fused) unsupported('talking_head', true, [false]);
  if (raw.share_att_key && fused) unsupported('share_att_key', true, [false]);
  const relative = readRelativeAttention(raw);
  const convolution = readConvolution(raw);
  const published = relative?.shareKey && relative.normalized && relative.buckets > 0 && !convolution;
  return {
    family: fused ? 'deberta-v1' : published ? 'deberta-v3' : 'deberta-v2',
    labels: readLabels(raw, dialect),
    problemType: raw.problem_type,
    vocabSize: raw.vocab_size,
    hiddenSize: raw.hidden_size,
    embeddingSize: raw.embedding_size ?? raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    layers: raw.num_hidden_layers,
    attentionHeads: raw.num_attention_heads,
    hiddenActivation: readActivation('hidden_act', raw.hidden_act),
    poolerActivation: readActivation('pooler_hidden_act', raw.pooling.hidden_act ?? raw.pooler_hidden_act),
    layerNormEps: raw.layer_norm_eps,
    maxPositions: raw.max_position_embeddings,
    absolutePositions: raw.position_biased_input,
    typeVocabSize: raw.type_vocab_size,
    convolution,
    attention: { scaleFactor: scaleFactor(raw, dialect), relative, talkingHeads: raw.talking_head },
    tiedDecoder: raw.tie_word_embeddings,
    legacyHead: raw.legacy,
  };
}

function refuseContradictions(raw: RawConfig, dialect: Dialect): void {
  const { hidden_size: hidden, num_attention_heads: heads, attention_head_size: headSize } = raw;
  if (hidden % heads !== 0) {
    contradiction(`hidden_size is ${hidden}, which num_attention_heads (${heads}) does not divide`);
  }
  if ((headSize ?? hidden / heads) * heads !== hidden) {
    contradiction(
      `attention_head_size is ${headSize}; with ${heads} heads and hidden_size ${hidden} it must be ${hidden / heads}`,
    );
  }
  const poolerSize = raw.pooling.hidden_size ?? raw.pooler_hidden_size;
  if ((poolerSize ?? hidden) !== hidden) {
    contradiction(`pooler_hidden_size is ${poolerSize}; it must equal hidden_size, ${hidden}`);
  }
  const padding = dialect === 'microsoft' ? raw.padding_idx : raw.pad_token_id;
  if (padding < -raw.vocab_size || padding >= raw.vocab_size) {
    const key = dialect === 'microsoft' ? 'padding_idx' : 'pad_token_id';
    contradiction(`${key} is ${padding}, outside the vocabulary of ${raw.vocab_size}`);
  }
}

function contradiction(message: string): never {
  throw new HeddleError('invalid-config', message);
}
