import { z } from 'zod';
import type { Fp16Report, Int8Report, OutputDifference } from './agreement.js';
import type { ErrorCode } from './errors.js';
import { LIMITS } from './limits.js';
import { HEADS, type VersionManifest } from './models.js';
import { TASKS, type Task } from './tasks/index.js';
import { codePointLength, isOneLine, isPlainText } from './text.js';

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
  .refine(isPlainText, 'must not hold control characters');
const label = z
  .string()
  .min(1)
  .refine(
    (text) => codePointLength(text) <= LIMITS.maxLabelChars,
    `at most ${LIMITS.maxLabelChars} characters`,
  )
  .refine(isOneLine, 'must not hold control characters');

/** Label names by class index: answers name a class by its label alone, so each is there once. */
export const labelNames = z
  .array(label)
  .min(1)
  .max(LIMITS.maxLabels)
  .superRefine((labels, context) => {
    const seen = new Set<string>();
    const twice = labels.findIndex((name) => seen.size === seen.add(name).size);
    if (twice >= 0) context.addIssue({ code: 'custom', path: [twice], message: 'is there twice' });
  });

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

/** How far an import has come. */
export interface ImportProgress {
  stage: ImportStage;
  /** 0 to 100, of the stage. */
  percent: number;
}

/** What an import read and found out; kept with the version. */
export interface ImportReport {
  /** Files of the checkpoint that the version was made from, and those that were not looked at. */
  files_read: { name: string; bytes: number }[];
  files_ignored: { name: string; bytes: number }[];
  /** Tensors of the checkpoint that the model does not use; at most 50 names. */
  tensors_ignored: { count: number; names: string[] };
  /**
   * How the checkpoint makes a text's vector, step by step, and whether that is the version's default; absent when
   * it does not say.
   */
  vectors?: { steps: string[]; default: boolean };
  /** The compiled graph against an independent computation from the source weights in float64. */
  parity: { sequences: number; tokens: number; outputs: OutputDifference[] };
  /** A sequence alone against the same sequence beside a longer one. */
  batching: OutputDifference[];
  /** Of versions served in int8: how near the variant is to float32. */
  int8?: Int8Report;
  /** The same of those served in fp16. */
  fp16?: Fp16Report;
  sizes: { source_bytes: number; version_bytes: number; parameters: number };
  durations_ms: { importing: number; converting: number; verifying: number };
}

export interface ImportError {
  code: ErrorCode;
  message: string;
  [member: string]: unknown;
}

/** A version as the API shows it. What only a finished import knows is null until then. */
export interface Version {
  id: string;
  object: 'version';
  model: string;
  number: number;
  status: VersionState;
  tasks: Task[] | null;
  labels: string[] | null;
  problem_type: VersionManifest['problemType'];
  family: VersionManifest['family'] | null;
  max_tokens: number | null;
  parameters_count: number | null;
  precision: VersionManifest['precision'];
  sha256: string | null;
  bytes: number | null;
  source: { type: 'files'; files: string[] } | { type: 'archive'; file: string } | null;
  onnx: VersionManifest['onnx'] | null;
  progress: ImportProgress | null;
  report: ImportReport | null;
  error: ImportError | null;
  /** Loaded by every worker ahead of its first job, and never unloaded to make room for others. */
  warm: boolean;
  notes: string;
  created_at: string;
  ready_at: string | null;
}
