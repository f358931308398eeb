import { z } from 'zod';
import { batchError, INVALID_LINES } from './batches.js';
import { gate, gateResult, gates } from './gates.js';
import type { HistoryEvent } from './history-events.js';
import { itemError, metadata, PRIORITIES } from './jobs.js';
import { LIMITS } from './limits.js';
import { pageOf, publicIdOf, sha256Hex, timestamp } from './shapes.js';
import { TASKS } from './tasks/index.js';

export const EVALUATION_STATES = ['queued', 'running', 'succeeded', 'failed', 'canceled', 'expired'] as const;
export type EvaluationState = (typeof EVALUATION_STATES)[number];

/** Terminal is final: no transition leads out of these states. */
export function isTerminalEvaluation(state: EvaluationState): boolean {
  return state !== 'queued' && state !== 'running';
}

const name = z.string().min(1).max(LIMITS.maxColumnNameChars);
const smallJson = (value: unknown) =>
  Buffer.byteLength(JSON.stringify(value)) <= LIMITS.maxEvaluationOptionBytes;
const tooLarge = `at most ${LIMITS.maxEvaluationOptionBytes} bytes as JSON`;

/** How a data set is read where its format leaves that open (docs/datasets.md). */
export const datasetReading = {
  format: z.string().min(1).max(32).optional().describe('Told by the file where it is absent.'),
  mapping: z
    .record(z.string(), z.unknown())
    .refine(smallJson, tooLarge)
    .optional()
    .describe('Which columns make an example: of CSV, parquet, and JSONL of another form.'),
  labels: z
    .record(name, name)
    .refine(smallJson, tooLarge)
    .optional()
    .describe('Labels of the data set and what the model calls them.'),
  csv: z
    .strictObject({
      delimiter: z
        .string()
        .length(1)
        .regex(/^[^"\r\n\u0000]$/, 'must be one character, and no quotation mark or end of line')
        .optional(),
      header: z.boolean().optional(),
      quote: z.boolean().optional(),
    })
    .optional(),
  conll: z
    .strictObject({
      token_column: z.int().min(1).max(1000).optional(),
      tag_column: z.int().min(1).max(1000).optional(),
    })
    .optional(),
};

/** Body of `POST /v1/evaluations`. Parameters, metrics and gates are checked against the task once it is known. */
export const createEvaluationBody = z.strictObject({
  model: z.string().min(1).max(128),
  dataset: z.string().min(1).max(128).describe('`file_…`, uploaded with the purpose `dataset`.'),
  task: z.enum(TASKS).optional(),
  parameters: z.record(z.string(), z.unknown()).refine(smallJson, tooLarge).default({}),
  ...datasetReading,
  invalid_lines: z
    .enum(INVALID_LINES)
    .default('reject')
    .describe('What becomes of examples that do not fit the task.'),
  metrics: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(LIMITS.maxEvaluationMetrics)
    .optional()
    .describe('Those of the task by default (docs/evaluation-metrics.md).'),
  positive_label: name.optional().describe('What `f1` of two classes is of.'),
  squad: z
    .union([z.literal(1), z.literal(2)])
    .optional()
    .describe('Which of SQuAD’s official scripts measures answers.'),
  baseline: z.string().min(1).max(128).optional().describe('A model reference to compare with.'),
  gates: gates.default([]),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe('Of the bootstrap: the same one gives the same intervals.'),
  resamples: z
    .int()
    .min(0)
    .max(LIMITS.maxResamples)
    .default(1_000)
    .describe(
      '0 leaves intervals out. Of many examples there are as many as there is time for: `result.bootstrap`.',
    ),
  priority: z.enum(PRIORITIES).default('low'),
  window_s: z
    .int()
    .min(LIMITS.minBatchWindowS)
    .max(LIMITS.maxBatchWindowS)
    .default(LIMITS.defaultBatchWindowS)
    .describe('From acceptance: what has not ended by then is `expired`.'),
  metadata: metadata.default({}),
});
export type CreateEvaluationBody = z.infer<typeof createEvaluationBody>;

const value = z.number().nullable().describe('Null where the data do not define it.');
const metricValues = z.record(z.string(), value);
const intervals = z.record(z.string(), z.tuple([z.number(), z.number()]));

/** What answering took, of one version. */
export const evaluationSpeed = z
  .strictObject({
    tokens: z.int().min(0),
    padded_share: z
      .number()
      .nullable()
      .describe('Of the tokens that were computed, those that were padding.'),
    seconds: z.number().min(0).describe('From the first answer that was asked for to the last that came.'),
    tokens_per_s: z.number().nullable(),
    inference_ms: z.number().describe('Of all forward passes together, whichever worker ran them.'),
  })
  .meta({ id: 'EvaluationSpeed' });
export type EvaluationSpeed = z.infer<typeof evaluationSpeed>;

/** What an evaluation found. Metrics are over the items that the version, or the baseline, answered; differences over those of both. */
export const evaluationResult = z
  .strictObject({
    items: z.int().min(0).describe('Examples that the version answered; its metrics are of them.'),
    failed: z.int().min(0).describe('Examples that it did not.'),
    coverage: z.number().describe('`items` of all, those in `invalid` among them.'),
    min_coverage: z.number().describe('Below it no gate is passed.'),
    skipped: z.int().min(0).describe('Examples that the data set itself says to leave out.'),
    invalid: z.int().min(0).describe('Examples that do not fit the task.'),
    metrics: metricValues,
    undefined_metrics: z.record(z.string(), z.string()).describe('Why metrics are null.'),
    confidence: intervals.describe('95 % bootstrap intervals.'),
    bootstrap: z.strictObject({ seed: z.int(), resamples: z.int() }),
    baseline_metrics: metricValues.nullable(),
    baseline_undefined_metrics: z.record(z.string(), z.string()).nullable(),
    compared_items: z
      .int()
      .min(0)
      .nullable()
      .describe('Examples that both answered; the difference is of them.'),
    difference: metricValues.nullable().describe('The version’s value less the baseline’s.'),
    difference_confidence: intervals.nullable(),
    gates: z.array(gateResult),
    passed: z.boolean().describe('All gates were; true without gates.'),
    confusion: z
      .strictObject({ labels: z.array(z.string().nullable()), counts: z.array(z.array(z.number())) })
      .nullable()
      .describe(
        '`counts[i][j]`: examples of label i that were predicted as label j; the null label is all others.',
      ),
    reliability: z
      .array(
        z.strictObject({
          from: z.number(),
          to: z.number(),
          count: z.number(),
          confidence: value,
          accuracy: value,
        }),
      )
      .nullable(),
    per_label: z
      .array(
        z.strictObject({
          label: z.string(),
          precision: value,
          recall: value,
          f1: value,
          support: z.number(),
        }),
      )
      .nullable(),
    thresholds: z.record(z.string(), z.number()).nullable(),
    slices: z.record(
      z.string(),
      z.record(
        z.string(),
        z.strictObject({
          items: z.int(),
          failed: z.int().describe('Examples without an answer.'),
          compared_items: z
            .int()
            .exactOptional()
            .describe('Examples that both answered, where there is a baseline.'),
          metrics: metricValues,
          baseline_metrics: metricValues.exactOptional(),
        }),
      ),
    ),
    omitted_slices: z.array(z.string()).describe('Fields with too many values.'),
    worst: z.array(z.strictObject({ index: z.int().min(0), loss: z.number() })),
    speed: evaluationSpeed,
    baseline_speed: evaluationSpeed.nullable(),
    dataset_sha256: sha256Hex,
    version: publicIdOf('version'),
    baseline: publicIdOf('version').nullable(),
  })
  .meta({ id: 'EvaluationResult' });
export type EvaluationResult = z.infer<typeof evaluationResult>;

/** An evaluation as the API shows it. */
export const evaluation = z
  .strictObject({
    id: publicIdOf('evaluation'),
    object: z.literal('evaluation'),
    status: z.enum(EVALUATION_STATES),
    model: z.string(),
    alias: z.string().nullable(),
    version: publicIdOf('version'),
    version_number: z.int().min(1),
    baseline: z
      .strictObject({ model: z.string(), version: publicIdOf('version'), version_number: z.int().min(1) })
      .nullable(),
    task: z.enum(TASKS),
    parameters: z.record(z.string(), z.unknown()),
    dataset: publicIdOf('file'),
    dataset_sha256: sha256Hex,
    format: z.string().nullable().describe('Null until it is known.'),
    invalid_lines: z.enum(INVALID_LINES),
    metrics: z.array(z.string()).describe('What is measured.'),
    gates: z.array(gate),
    seed: z.int(),
    resamples: z.int(),
    priority: z.enum(PRIORITIES),
    counts: z
      .strictObject({ total: z.int().min(0), succeeded: z.int().min(0), failed: z.int().min(0) })
      .describe(
        'Answers: one of the version to each example, and with a baseline another. 0 until the data set was read.',
      ),
    errors: z
      .array(batchError.omit({ custom_id: true }))
      .max(LIMITS.maxBatchErrors)
      .describe('The first of them.'),
    error_count: z.int().min(0),
    result: evaluationResult.nullable().describe('Null unless it has succeeded.'),
    sequence: z.int().min(1).describe('Grows with every change.'),
    created_at: timestamp,
    started_at: timestamp.nullable(),
    completed_at: timestamp.nullable(),
    deadline: timestamp,
    metadata: z.record(z.string(), z.string()),
    urls: z.strictObject({ self: z.string(), cancel: z.string(), events: z.string(), items: z.string() }),
  })
  .meta({ id: 'Evaluation' });
export type Evaluation = z.infer<typeof evaluation>;

/** Events of an evaluation, as its stream has them. */
export type EvaluationEvent = HistoryEvent<EvaluationState> | { id: number; event: 'done'; data: Evaluation };
export type EvaluationError = Evaluation['errors'][number];
export const evaluationPage = pageOf('EvaluationPage', evaluation);

/** An example, and what was answered. */
export const evaluationItem = z
  .strictObject({
    index: z.int().min(0).describe('Place in the data set.'),
    line: z.int().min(1),
    expected: z.unknown(),
    group: z.string().nullable(),
    slice: z.record(z.string(), z.string()).nullable(),
    predicted: z.unknown().describe('Output of the task; null where there is none.'),
    correct: z.boolean().nullable().describe('Null where the task does not say, or there is no answer.'),
    loss: z.number().nullable(),
    error: itemError.nullable(),
    baseline: z
      .strictObject({ predicted: z.unknown(), error: itemError.nullable() })
      .nullable()
      .describe('What the baseline answered; null without one.'),
  })
  .meta({ id: 'EvaluationItem' });
export type EvaluationItem = z.infer<typeof evaluationItem>;
export const evaluationItemPage = pageOf('EvaluationItemPage', evaluationItem);
