import { z } from 'zod';
import type { ErrorCode } from './errors.js';
import { LIMITS } from './limits.js';
import { TASKS, type Task, type TaskOutput } from './tasks/index.js';

export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'canceled', 'expired'] as const;
export type JobState = (typeof JOB_STATES)[number];
export const TERMINAL_STATES = ['succeeded', 'failed', 'canceled', 'expired'] as const satisfies JobState[];

/** Terminal is final: no transition leads out of these states. */
export function isTerminal(state: JobState): boolean {
  return (TERMINAL_STATES as readonly JobState[]).includes(state);
}

export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** The interfaces that jobs come in by. */
export const JOB_SOURCES = [
  'native',
  'replicate',
  'openai',
  'cohere',
  'tei',
  'hf',
  'oip',
  'batch',
  'evaluation',
] as const;
export type JobSource = (typeof JOB_SOURCES)[number];

const metadata = z
  .record(z.string().max(LIMITS.maxMetadataKeyChars), z.string().max(LIMITS.maxMetadataValueChars))
  .refine(
    (pairs) => Object.keys(pairs).length <= LIMITS.maxMetadataPairs,
    `at most ${LIMITS.maxMetadataPairs} pairs`,
  );

/** Body of `POST /v1/jobs`. Items and parameters are checked against the task once it is known. */
export const submitJobBody = z.strictObject({
  model: z.string().min(1).max(128),
  inputs: z.array(z.unknown()),
  task: z.enum(TASKS).optional(),
  parameters: z.record(z.string(), z.unknown()).default({}),
  priority: z.enum(PRIORITIES).default('normal'),
  result_ttl_s: z.int().min(LIMITS.minResultTtlS).max(LIMITS.maxResultTtlS).default(LIMITS.defaultResultTtlS),
  deadline_s: z.int().min(1).max(LIMITS.maxDeadlineS).default(LIMITS.defaultDeadlineS),
  metadata: metadata.default({}),
});
export type SubmitJobBody = z.infer<typeof submitJobBody>;

/** Error of one item, or of a whole job. Extra members say more, e.g. `max` and `actual` tokens. */
export interface ItemError {
  code: ErrorCode;
  message: string;
  [member: string]: unknown;
}
/** One element of `results`, in the order of `inputs`. */
export interface ItemResult {
  index: number;
  id?: string;
  output?: TaskOutput;
  error?: ItemError;
}
export interface JobError {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  attempt: number;
}
export interface JobUsage {
  tokens: number;
  padded_tokens: number;
  truncated: number;
}
export interface JobTiming {
  queue_ms: number;
  tokenize_ms: number;
  inference_ms: number;
  total_ms: number;
}

/** A job as the API shows it. Nulls are present; only parts left out by `include` are absent. */
export interface Job {
  id: string;
  object: 'job';
  status: JobState;
  source: JobSource;
  model: string;
  alias: string | null;
  version: string;
  version_number: number;
  task: Task;
  inputs?: unknown[] | null;
  parameters: Record<string, unknown>;
  results?: ItemResult[] | null;
  counts: { total: number; succeeded: number; failed: number };
  error: JobError | null;
  priority: Priority;
  attempts: number;
  sequence: number;
  /** Always false: nothing is answered from a cache yet. */
  cached: boolean;
  usage: JobUsage | null;
  timing: JobTiming | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  deadline: string;
  /** When inputs and results are removed. Null until the job has ended, and where they are kept. */
  expires_at: string | null;
  data_removed: boolean;
  batch: string | null;
  evaluation: string | null;
  webhook: { url: string; events: string[] } | null;
  metadata: Record<string, string>;
  trace_id: string | null;
  urls: { self: string; cancel: string; events: string };
}

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}
