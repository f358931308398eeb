import { HeddleError } from '@heddle/contracts';
import { z } from 'zod';

/** Each limit is several times the largest published DeBERTa and keeps every later product far below 2^53. */
export const CONFIG_LIMITS = {
  vocabSize: 2_000_000,
  hiddenSize: 16_384,
  intermediateSize: 131_072,
  layers: 512,
  attentionHeads: 1024,
  positions: 32_768,
  buckets: 16_384,
  labels: 100_000,
} as const;
/** The shortest input a version may be limited to (libs/contracts, versionManifest). */
const MIN_POSITIONS = 8;
/** Values are quoted in messages up to here. */
const MAX_QUOTED_CHARS = 80;

const size = (max: number) => z.int().min(1).max(max);
/** Sizes where 0 and negative numbers mean "none". */
const optionalSize = (max: number) => z.int().min(-1).max(max);
const flag = (absent: boolean) =>
  z
    .boolean()
    .nullish()
    .transform((value) => value ?? absent);
const name = z.string().max(100);

/** Keys of config.json with the defaults of transformers' DebertaV2Config; null counts as absent. */
const configSchema = z.object({
  vocab_size: size(CONFIG_LIMITS.vocabSize)
    .nullish()
    .transform((value) => value ?? 128_100),
  hidden_size: size(CONFIG_LIMITS.hiddenSize)
    .nullish()
    .transform((value) => value ?? 1536),
  embedding_size: size(CONFIG_LIMITS.hiddenSize).nullish(),
  intermediate_size: size(CONFIG_LIMITS.intermediateSize)
    .nullish()
    .transform((value) => value ?? 6144),
  num_hidden_layers: size(CONFIG_LIMITS.layers)
    .nullish()
    .transform((value) => value ?? 24),
  num_attention_heads: size(CONFIG_LIMITS.attentionHeads)
    .nullish()
    .transform((value) => value ?? 24),
  attention_head_size: size(CONFIG_LIMITS.hiddenSize).nullish(),
  hidden_act: name.nullish().transform((value) => value ?? 'gelu'),
  layer_norm_eps: z
    .number()
    .min(1e-12)
    .max(1)
    .nullish()
    .transform((value) => value ?? 1e-7),
  max_position_embeddings: z
    .int()
    .min(MIN_POSITIONS)
    .max(CONFIG_LIMITS.positions)
    .nullish()
    .transform((value) => value ?? 512),
  type_vocab_size: z
    .int()
    .min(0)
    .max(1000)
    .nullish()
    .transform((value) => value ?? 0),
  position_biased_input: flag(true),
  relative_attention: flag(false),
  max_relative_positions: optionalSize(CONFIG_LIMITS.positions)
    .nullish()
    .transform((value) => value ?? -1),
  position_buckets: optionalSize(CONFIG_LIMITS.buckets)
    .nullish()
    .transform((value) => value ?? -1),
  norm_rel_ebd: name.nullish().transform((value) => value ?? 'none'),
  share_att_key: flag(false),
  pos_att_type: z
    .union([name, z.array(name).max(16)])
    .nullish()
    .transform((value) => value ?? []),
  conv_kernel_size: z
    .int()
    .min(0)
    .max(1000)
    .nullish()
    .transform((value) => value ?? 0),
  talking_head: flag(false),
  pooler_hidden_act: name.nullish().transform((value) => value ?? 'gelu'),
  pooler_hidden_size: size(CONFIG_LIMITS.hiddenSize).nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
  num_labels: size(CONFIG_LIMITS.labels).nullish(),
  problem_type: z
    .enum(['single_label_classification', 'multi_label_classification', 'regression'])
    .nullish()
    .transform((value) => value ?? null),
});
export type RawConfig = z.output<typeof configSchema>;

/** Throws `invalid-config` naming every key whose value is of the wrong type or out of range. */
export function parseConfig(json: object): RawConfig {
  const parsed = configSchema.safeParse(json, { reportInput: true });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || 'config.json'} is ${quote(issue.input)}: ${issue.message}`,
  );
  throw new HeddleError('invalid-config', faults.join('; '));
}

/** A value of the configuration as messages show it. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text;
}
