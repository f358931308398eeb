import { z } from 'zod';
import { errorCode } from './errors.js';
import { importReport } from './import-report.js';
import { LIMITS } from './limits.js';
import { HEADS, versionManifest } from './models.js';
import { moderation } from './moderation.js';
import { executionPlan } from './plans.js';
import { pageOf, publicIdOf, sha256Hex, timestamp } from './shapes.js';
import { TASKS } from './tasks/index.js';
import { codePointLength, isOneLine, isPlainText, ONE_LINE, PLAIN_TEXT } from './text.js';

export const VERSION_STATES = [
  'importing',
  'converting',
  'verifying',
  'ready',
  'failed',
  'archived',
] as const;
export type VersionState = (typeof VERSION_STATES)[number];
/** An import in progress, in the order of its stages. */
export const IMPORT_STAGES = ['importing', 'converting', 'verifying'] as const satisfies VersionState[];
export type ImportStage = (typeof IMPORT_STAGES)[number];

/** What a version can be imported in. */
export const IMPORT_PRECISIONS = ['fp32', 'fp16', 'int8'] as const;
export type ImportPrecision = (typeof IMPORT_PRECISIONS)[number];

export function isImporting(state: VersionState): state is ImportStage {
  return (IMPORT_STAGES as readonly VersionState[]).includes(state);
}

const publicId = z.string().min(1).max(64);
const notes = z
  .string()
  .refine(
    (text) => codePointLength(text) <= LIMITS.maxNotesChars,
    `at most ${LIMITS.maxNotesChars} characters`,
  )
  .refine(isPlainText, 'must not hold control characters')
  .meta({ maxLength: LIMITS.maxNotesChars, pattern: PLAIN_TEXT });
const label = z
  .string()
  .min(1)
  .refine(
    (text) => codePointLength(text) <= LIMITS.maxLabelChars,
    `at most ${LIMITS.maxLabelChars} characters`,
  )
  .refine(isOneLine, 'must not hold control characters')
  .meta({ maxLength: LIMITS.maxLabelChars, pattern: ONE_LINE });

/** Label names by class index: answers name a class by its label alone, so each is there once. */
export const labelNames = z
  .array(label)
  .min(1)
  .max(LIMITS.maxLabels)
  .superRefine((labels, context) => {
    const seen = new Set<string>();
    const twice = labels.findIndex((name) => seen.size === seen.add(name).size);
    if (twice >= 0) context.addIssue({ code: 'custom', path: [twice], message: 'is there twice' });
  })
  .meta({ uniqueItems: true });

/** Where the bytes of an import come from: uploaded files of purpose `model`. */
const importSource = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('files'), files: z.array(publicId).min(1).max(LIMITS.maxImportFiles) }),
  z.strictObject({ type: z.literal('archive'), file: publicId }),
]);

/** Body of `POST /v1/models/{m}/versions`. */
export const importVersionBody = z.strictObject({
  source: importSource,
  /** What its main graph is served in. */
  precision: z.enum(IMPORT_PRECISIONS).default('fp32'),
  /** Instead of the one the checkpoint names, e.g. for the features of a classifier. */
  head: z.enum(HEADS).optional(),
  /** Tasks to offer, the default one first; all that the head answers when absent. */
  tasks: z.array(z.enum(TASKS)).min(1).max(TASKS.length).optional(),
  /** Label names by class index, in place of the configuration's. */
  labels: labelNames.optional(),
  /** How moderations read the labels, in place of what the configuration says of it. */
  moderation: moderation.optional(),
  /** Longest input in tokens, at most what the model was made for. */
  max_tokens: z.int().min(8).max(32_768).optional(),
  notes: notes.default(''),
});
export type ImportVersionBody = z.infer<typeof importVersionBody>;

/** Body of `PATCH /v1/models/{m}/versions/{v}`. */
export const changeVersionBody = z.strictObject({
  notes: notes.optional(),
  warm: z.boolean().optional(),
  archived: z.boolean().optional(),
});

/** How far an import has come; `percent`: 0 to 100, of the stage. */
export const importProgress = z.strictObject({
  stage: z.enum(IMPORT_STAGES),
  percent: z.number().min(0).max(100),
});
export type ImportProgress = z.infer<typeof importProgress>;

export const importError = z
  .looseObject({ code: errorCode, message: z.string() })
  .meta({ id: 'ImportError' });
export type ImportError = z.infer<typeof importError>;

/** A version as the API shows it. What only a finished import knows is null until then. */
export const version = z
  .strictObject({
    id: publicIdOf('version'),
    object: z.literal('version'),
    model: z.string(),
    number: z.int().min(1),
    status: z.enum(VERSION_STATES),
    tasks: z.array(z.enum(TASKS)).nullable(),
    labels: z.array(z.string()).nullable(),
    problem_type: versionManifest.shape.problemType,
    moderation: moderation.nullable(),
    family: versionManifest.shape.family.nullable(),
    max_tokens: z.int().nullable(),
    parameters_count: z.int().nullable(),
    precision: versionManifest.shape.precision,
    sha256: sha256Hex.nullable(),
    bytes: z.int().nullable(),
    source: z
      .discriminatedUnion('type', [
        z.strictObject({ type: z.literal('files'), files: z.array(publicIdOf('file')) }),
        z.strictObject({ type: z.literal('archive'), file: publicIdOf('file') }),
      ])
      .nullable(),
    onnx: versionManifest.shape.onnx.nullable(),
    progress: importProgress.nullable(),
    report: importReport.nullable(),
    plans: z
      .array(executionPlan)
      .exactOptional()
      .describe('How it runs best, by kind of machine. Where one version is got; not in lists.'),
    error: importError.nullable(),
    warm: z
      .boolean()
      .describe('Loaded by every worker ahead of its first job, and never unloaded to make room for others.'),
    notes: z.string(),
    created_at: timestamp,
    ready_at: timestamp.nullable(),
  })
  .meta({ id: 'Version' });
export type Version = z.infer<typeof version>;
export const versionPage = pageOf('VersionPage', version);
