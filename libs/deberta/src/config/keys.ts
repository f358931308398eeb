import { z } from 'zod';

/** Whose rules a configuration follows: transformers' `deberta` and `deberta-v2`, or Microsoft's own code. */
export type Dialect = 'deberta' | 'deberta-v2' | 'microsoft';

/** Each limit is several times the largest published DeBERTa and keeps every later product far below 2^53. */
export const CONFIG_LIMITS = {
  vocabSize: 2_000_000,
  hiddenSize: 16_384,
  intermediateSize: 131_072,
  layers: 512,
  attentionHeads: 1024,
  positions: 32_768,
  buckets: 16_384,
  typeVocabSize: 1000,
  convKernel: 1001,
  labels: 100_000,
} as const;
/** The shortest input a version may be limited to (libs/contracts, versionManifest). */
const MIN_POSITIONS = 8;

/** The key must be there. */
export const REQUIRED = Symbol('required');
/** The dialect's implementation never reads the key: whatever stands there counts as this. */
const unread = <T>(value: T) => ({ unread: value });

const size = (max: number) => z.int().min(1).max(max);
/** Sizes where 0 and negative numbers mean "none". */
const optionalSize = (max: number) => z.int().min(-1).max(max);
const name = z.string().max(100);
const flag = z.boolean();
const labelMap = <T extends z.ZodType>(value: T) => z.record(z.string(), value);

/** One default for all three dialects. */
const same = <T>(value: T) => [value, value, value] as const;

/**
 * Every key that decides what is computed: its type, and its default in each dialect
 * [deberta, deberta-v2, microsoft] (transformers configuration_deberta.py, configuration_deberta_v2.py and the
 * getattr defaults of their modelling code; DeBERTa/deberta/config.py). null counts as absent.
 */
export const CONFIG_KEYS = {
  vocab_size: [size(CONFIG_LIMITS.vocabSize), [50_265, 128_100, REQUIRED]],
  hidden_size: [size(CONFIG_LIMITS.hiddenSize), [768, 1536, 768]],
  embedding_size: [size(CONFIG_LIMITS.hiddenSize), same(null)],
  intermediate_size: [size(CONFIG_LIMITS.intermediateSize), [3072, 6144, 3072]],
  num_hidden_layers: [size(CONFIG_LIMITS.layers), [12, 24, 12]],
  num_attention_heads: [size(CONFIG_LIMITS.attentionHeads), [12, 24, 12]],
  attention_head_size: [size(CONFIG_LIMITS.hiddenSize), [unread(null), null, null]],
  hidden_act: [name, same('gelu')],
  layer_norm_eps: [z.number().min(1e-12).max(1), same(1e-7)],
  max_position_embeddings: [z.int().min(MIN_POSITIONS).max(CONFIG_LIMITS.positions), same(512)],
  type_vocab_size: [z.int().min(0).max(CONFIG_LIMITS.typeVocabSize), same(0)],
  pad_token_id: [z.int(), [0, 0, unread(0)]],
  padding_idx: [z.int(), [unread(0), unread(0), 0]],
  position_biased_input: [flag, same(true)],
  relative_attention: [flag, same(false)],
  max_relative_positions: [optionalSize(CONFIG_LIMITS.positions), same(-1)],
  position_buckets: [optionalSize(CONFIG_LIMITS.buckets), [unread(-1), -1, -1]],
  norm_rel_ebd: [name, [unread('none'), 'none', 'none']],
  share_att_key: [flag, [unread(false), false, false]],
  pos_att_type: [z.union([name, z.array(name).max(16)]), [[], [], 'c2p']],
  conv_kernel_size: [optionalSize(CONFIG_LIMITS.convKernel), [unread(0), 0, 0]],
  conv_groups: [size(CONFIG_LIMITS.hiddenSize), [unread(1), 1, 1]],
  conv_act: [name, [unread('tanh'), 'tanh', 'tanh']],
  talking_head: [flag, same(false)],
  pooler_hidden_act: [name, same('gelu')],
  pooler_hidden_size: [size(CONFIG_LIMITS.hiddenSize), same(null)],
  /** Microsoft's spelling of the two before. */
  pooling: [
    z.object({ hidden_size: size(CONFIG_LIMITS.hiddenSize).nullish(), hidden_act: name.nullish() }),
    [unread({}), unread({}), {}],
  ],
  id2label: [labelMap(z.string()), same(null)],
  label2id: [labelMap(z.union([z.int(), z.string()])), same(null)],
  num_labels: [size(CONFIG_LIMITS.labels), same(null)],
  problem_type: [
    z.enum(['single_label_classification', 'multi_label_classification', 'regression']),
    same(null),
  ],
  tie_word_embeddings: [flag, [true, true, unread(true)]],
  legacy: [flag, [true, true, unread(true)]],
} as const satisfies Record<string, readonly [z.ZodType, readonly [unknown, unknown, unknown]]>;

type Keys = typeof CONFIG_KEYS;
/** The type of a default: null says that there is none. */
type Default<T> = T extends null ? null : T extends { unread: infer U } ? Default<U> : never;
export type RawConfig = {
  [K in keyof Keys]: z.output<Keys[K][0]> | Default<Keys[K][1][number]>;
};
