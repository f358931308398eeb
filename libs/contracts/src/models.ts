import { z } from 'zod';
import { ALIAS_NAME } from './aliases.js';
import { gate, gatedAliases, gates } from './gates.js';
import { ID_PREFIXES } from './ids.js';
import { LIMITS } from './limits.js';
import { moderation } from './moderation.js';
import { pageOf, publicIdOf, sha256Hex as sha256, timestamp } from './shapes.js';
import { TASKS } from './tasks/index.js';
import { codePointLength, isOneLine, ONE_LINE } from './text.js';

export const MODEL_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
/** A reference that begins like this is an id, so no model is named so. */
const ID_LIKE = new RegExp(`^(${ID_PREFIXES.model}|${ID_PREFIXES.version})`);

/** Layers on top of the encoder that answer something. */
export const HEADS = [
  'sequence-classification',
  'token-classification',
  'question-answering',
  'multiple-choice',
  'masked-lm',
  'replaced-token-detection',
  'features',
] as const;

const description = z
  .string()
  .refine(
    (text) => codePointLength(text) <= LIMITS.maxDescriptionChars,
    `at most ${LIMITS.maxDescriptionChars} characters`,
  )
  .refine(isOneLine, 'must not hold control characters')
  .meta({ maxLength: LIMITS.maxDescriptionChars, pattern: ONE_LINE });

/**
 * What a compiled model version consists of: everything a worker needs to serve it, and the digests of its
 * files. Immutable; the version's own digest is that of this manifest.
 */
export const versionManifest = z.strictObject({
  format: z.literal('heddle-version/1'),
  family: z.enum(['deberta-v1', 'deberta-v2', 'deberta-v3']),
  head: z.enum(HEADS),
  tasks: z.array(z.enum(TASKS)).min(1),
  /** Label names by class index. */
  labels: z.array(z.string()),
  problemType: z.enum(['single_label_classification', 'multi_label_classification', 'regression']).nullable(),
  /** Longest input in tokens, special tokens included. */
  maxTokens: z.int().min(8),
  parametersCount: z.int(),
  architecture: z.strictObject({
    layers: z.int().min(1),
    heads: z.int().min(1),
    hiddenSize: z.int().min(1),
    vocabSize: z.int().min(1),
    /** Terms of an attention score: content to content, content to position, position to content. */
    attentionTerms: z.array(z.enum(['c2c', 'c2p', 'p2c'])).min(1),
  }),
  /** How moderations read its labels, where it says so. */
  moderation: moderation.nullish(),
  /** How a text's vector is made of its tokens' by default; null when the checkpoint's own way is not computed. */
  pooling: z.enum(['mean', 'cls']).nullish(),
  /** Digest of the checkpoint's files and the compiler that read them: the same source is imported once. */
  source: z.strictObject({ sha256, compiler: z.string() }),
  precision: z.enum(['fp32', 'fp16', 'int8']),
  onnx: z.strictObject({ opset: z.int(), inputs: z.array(z.string()), outputs: z.array(z.string()) }),
  /** Name inside the version's folder → content digest and size. `model.onnx` and `tokenizer.json` are required. */
  files: z.record(z.string(), z.strictObject({ sha256, bytes: z.int().min(0) })),
});
export type VersionManifest = z.infer<typeof versionManifest>;

/** Body of `POST /v1/models`. */
export const createModelBody = z.strictObject({
  name: z
    .string()
    .regex(MODEL_NAME, 'lower-case letters, digits, ".", "_" and "-", at most 63')
    .refine((name) => !ID_LIKE.test(name), 'must not begin like an id')
    .meta({ not: { pattern: ID_LIKE.source } }),
  description: description.default(''),
  gates: gates.exactOptional(),
  gated: gatedAliases.exactOptional(),
});
/** Body of `PATCH /v1/models/{m}`. */
export const changeModelBody = z.strictObject({
  description: description.optional(),
  gates: gates.optional(),
  gated: gatedAliases.optional(),
});

export const model = z
  .strictObject({
    id: publicIdOf('model'),
    object: z.literal('model'),
    name: z.string(),
    owner: z.string().describe('Slug of its tenant; `library` for those of every tenant.'),
    description: z.string(),
    tasks: z.array(z.enum(TASKS)),
    aliases: z.record(z.string(), publicIdOf('version')),
    latest_version: z.int().nullable(),
    gates: z.array(gate),
    gated: z.array(z.string()).describe('Aliases that the gates hold for.'),
    created_at: timestamp,
  })
  .meta({ id: 'Model' });
export type Model = z.infer<typeof model>;
export const modelPage = pageOf('ModelPage', model);

/** `name`, `name@alias`, `name@3` or `ver_…`; null when it fits none of them. */
export type ModelReference =
  | { kind: 'version-id'; id: string }
  | { kind: 'name'; name: string; alias: string | null; number: number | null };

export function parseModelReference(reference: string): ModelReference | null {
  if (reference.startsWith('ver_')) return { kind: 'version-id', id: reference };
  const [name, selector, ...rest] = reference.split('@');
  if (!name || rest.length > 0 || !MODEL_NAME.test(name)) return null;
  if (selector === undefined) return { kind: 'name', name, alias: null, number: null };
  if (/^[1-9][0-9]{0,8}$/.test(selector))
    return { kind: 'name', name, alias: null, number: Number(selector) };
  return ALIAS_NAME.test(selector) ? { kind: 'name', name, alias: selector, number: null } : null;
}
