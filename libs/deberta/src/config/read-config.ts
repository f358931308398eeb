import { HeddleError } from '@heddle/contracts';
import { ACTIVATION_NAMES, type Activation, activationOf } from './activations.js';
import { readLabels } from './labels.js';
import type { Head, ModelConfig } from './model-config.js';
import { readRelativeAttention, scaleFactor } from './relative-attention.js';
import { parseConfig, quote, type RawConfig } from './schema.js';

const MODEL_TYPES = ['deberta-v2'];
const HEADS = new Map<unknown, Head>([
  ['DebertaV2ForSequenceClassification', 'sequence-classification'],
  ['DebertaV2ForTokenClassification', 'token-classification'],
]);

/**
 * Reads the config.json of a Hugging Face DeBERTa-v2/v3 checkpoint (transformers configuration_deberta_v2.py).
 * Throws `unsupported-architecture` for a model that is not compiled, naming key, value and what is supported;
 * `invalid-config` for values that are out of range or contradict each other.
 */
export function readModelConfig(json: unknown): ModelConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new HeddleError('invalid-config', 'config.json must hold an object');
  }
  const head = readHead(json);
  const raw = parseConfig(json);
  refuseUnsupported(raw);
  refuseContradictions(raw);
  return {
    head,
    labels: readLabels(raw),
    problemType: raw.problem_type,
    vocabSize: raw.vocab_size,
    hiddenSize: raw.hidden_size,
    embeddingSize: raw.embedding_size ?? raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    layers: raw.num_hidden_layers,
    attentionHeads: raw.num_attention_heads,
    hiddenActivation: readActivation('hidden_act', raw.hidden_act),
    poolerActivation: readActivation('pooler_hidden_act', raw.pooler_hidden_act),
    layerNormEps: raw.layer_norm_eps,
    maxPositions: raw.max_position_embeddings,
    absolutePositions: raw.position_biased_input,
    attention: { scaleFactor: scaleFactor(raw), relative: readRelativeAttention(raw) },
  };
}

function readHead(json: { model_type?: unknown; architectures?: unknown }): Head {
  if (!MODEL_TYPES.includes(json.model_type as string)) {
    unsupported('model_type', json.model_type, MODEL_TYPES);
  }
  const { architectures } = json;
  const head = Array.isArray(architectures) && architectures.length === 1 && HEADS.get(architectures[0]);
  if (!head) unsupported('architectures', architectures, [...HEADS.keys()]);
  return head;
}

function refuseUnsupported(raw: RawConfig): void {
  if (raw.type_vocab_size > 0) unsupported('type_vocab_size', raw.type_vocab_size, [0]);
  if (raw.conv_kernel_size > 0) unsupported('conv_kernel_size', raw.conv_kernel_size, [0]);
  if (raw.talking_head) unsupported('talking_head', true, [false]);
}

function refuseContradictions(raw: RawConfig): void {
  const { hidden_size: hidden, num_attention_heads: heads, attention_head_size: headSize } = raw;
  if (hidden % heads !== 0) {
    throw new HeddleError(
      'invalid-config',
      `hidden_size is ${hidden}, which num_attention_heads (${heads}) does not divide`,
    );
  }
  if ((headSize ?? hidden / heads) * heads !== hidden) {
    throw new HeddleError(
      'invalid-config',
      `attention_head_size is ${headSize}; with ${heads} heads and hidden_size ${hidden} it must be ${hidden / heads}`,
    );
  }
  if ((raw.pooler_hidden_size ?? hidden) !== hidden) {
    throw new HeddleError(
      'invalid-config',
      `pooler_hidden_size is ${raw.pooler_hidden_size}; it must equal hidden_size, ${hidden}`,
    );
  }
}

function readActivation(key: string, name: string): Activation {
  const activation = activationOf(name);
  if (activation === undefined) unsupported(key, name, ACTIVATION_NAMES);
  return activation;
}

function unsupported(key: string, value: unknown, supported: unknown[]): never {
  throw new HeddleError(
    'unsupported-architecture',
    `${key} is ${quote(value)}; supported: ${supported.map((one) => JSON.stringify(one)).join(', ')}`,
  );
}
