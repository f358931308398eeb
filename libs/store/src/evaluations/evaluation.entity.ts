import type {
  CreateEvaluationBody,
  EvaluationError,
  EvaluationResult,
  EvaluationState,
  Gate,
  InvalidLines,
  ItemError,
  Task,
  VersionManifest,
} from '@heddle/contracts';
import type { Idempotency } from '../database/idempotency.js';
import type { Fence } from '../database/lease.js';

/** How a data set is read, and what is measured. */
export interface EvaluationOptions
  extends Pick<CreateEvaluationBody, 'mapping' | 'labels' | 'csv' | 'conll'> {
  /** As it was asked for. */
  format?: string | undefined;
  metrics: string[];
  positiveLabel?: string | undefined;
  squad?: 1 | 2 | undefined;
  gates: Gate[];
  seed: number;
  resamples: number;
}

interface EvaluationCounts {
  /** Examples of the data set, those that do not fit the task, and those that it says to leave out itself. */
  items: number;
  invalid: number;
  skipped: number;
  /** Answers, of the version and its baseline. */
  succeeded: number;
  failed: number;
}

/** A change of state with its time (with a zone) and the sequence number it has brought, or how many answers there were. */
type EvaluationHistoryEntry = { status: EvaluationState; at: string; sequence: number } | number;

/** An evaluation's row with the names of its models, as the API shows it. */
export interface EvaluationRecord extends EvaluationCounts {
  id: string;
  tenantId: string;
  state: EvaluationState;
  model: string;
  alias: string | null;
  versionId: string;
  versionNumber: number;
  baseline: { id: string; model: string; number: number } | null;
  task: Task;
  parameters: Record<string, unknown>;
  options: EvaluationOptions;
  priority: number;
  invalidLines: InvalidLines;
  fileId: string;
  sha256: string;
  format: string | null;
  errors: EvaluationError[];
  errorCount: number;
  result: EvaluationResult | null;
  sequence: number;
  /** Its events, one after the other; empty in lists. */
  history: EvaluationHistoryEntry[];
  metadata: Record<string, string>;
  createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
  deadline: Date;
}

export interface NewEvaluation {
  tenantId: string;
  versionId: string;
  alias: string | null;
  baselineVersionId: string | null;
  task: Task;
  parameters: Record<string, unknown>;
  options: EvaluationOptions;
  priority: number;
  invalidLines: InvalidLines;
  windowS: number;
  /** UUID of an uploaded file of the tenant, of purpose `dataset`. */
  fileId: string;
  metadata: Record<string, string>;
  idempotency: Idempotency | null;
}

/** A claimed evaluation: everything that a dispatcher needs to get it on. */
export interface ClaimedEvaluation extends Fence, EvaluationCounts {
  tenantId: string;
  state: 'queued' | 'running';
  versionId: string;
  manifest: VersionManifest;
  baselineVersionId: string | null;
  task: Task;
  parameters: Record<string, unknown>;
  options: EvaluationOptions;
  invalidLines: InvalidLines;
  sha256: string;
  bytes: number;
  filename: string;
  format: string | null;
  /** Examples that have been made into jobs. */
  fed: number;
  /** Bytes, as JSON, of the answers that are kept. */
  outputBytes: number;
  /** Milliseconds until its deadline; 0 and less when that has passed. */
  leftMs: number;
}

/** An example of a data set that becomes part of a job. */
export interface FedItem {
  /** In the data set, from 0 on, those counted that do not fit. */
  place: number;
  line: number;
  expected: unknown;
  group: string | null;
  slice: Record<string, string> | null;
}

/** A job of some examples, in the order of its items. */
export interface EvaluationJob {
  places: number[];
  /** JSON text of the list of items. */
  inputs: string;
  /** Estimated tokens. */
  cost: number;
}

/** What an answer was worth; `output` and `error` are JSON text, one of them null. */
export interface Answered {
  place: number;
  output: string | null;
  error: string | null;
  correct: boolean | null;
  loss: number | null;
}

/** An example and its answers, in the order of the data set. */
export interface EvaluationItemRow extends FedItem {
  output: unknown;
  error: ItemError | null;
  correct: boolean | null;
  loss: number | null;
  baselineOutput: unknown;
  baselineError: ItemError | null;
}
