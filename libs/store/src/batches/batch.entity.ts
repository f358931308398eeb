import type {
  BatchCounts,
  BatchError,
  BatchState,
  BatchWebhook,
  InvalidLines,
  Task,
  VersionManifest,
} from '@heddle/contracts';
import type { Idempotency } from '../database/idempotency.js';
import type { Fence } from '../database/lease.js';
import type { FileQuota } from '../files/file.entity.js';

/** What a number of a batch's sequence was: a change of state with its time (with a zone), or how many lines were done. */
type BatchHistoryEntry = { status: BatchState; at: string } | number;

/** A batch row with the names of its model, as the API shows it. */
export interface BatchRecord extends BatchCounts {
  id: string;
  tenantId: string;
  state: BatchState;
  /** Null, as are version and task, of one whose file named none. */
  model: string | null;
  alias: string | null;
  versionId: string | null;
  versionNumber: number | null;
  task: Task | null;
  parameters: Record<string, unknown>;
  priority: number;
  invalidLines: InvalidLines;
  fileId: string;
  outputFile: string | null;
  errorFile: string | null;
  errors: BatchError[];
  errorCount: number;
  tokens: number;
  sequence: number;
  history: BatchHistoryEntry[];
  webhook: BatchWebhook | null;
  metadata: Record<string, string>;
  createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
  deadline: Date;
  /** What the interface it came in by shows of it beside what every batch has, and how its lines are written. */
  dialect: Record<string, unknown> | null;
}

export interface NewBatch {
  tenantId: string;
  versionId: string;
  alias: string | null;
  task: Task;
  parameters: Record<string, unknown>;
  priority: number;
  invalidLines: InvalidLines;
  windowS: number;
  /** UUID of an uploaded file of the tenant, of purpose `batch`. */
  fileId: string;
  webhook: BatchWebhook | null;
  metadata: Record<string, string>;
  idempotency: Idempotency | null;
  /** As of `BatchRecord`. */
  dialect?: Record<string, unknown> | null;
  /** What the tenant may keep: without room for a file more there is none for the batch's. No bound where it is absent. */
  quota?: FileQuota;
}

/** A batch whose file names no model, and what is wrong with the file. */
export interface RefusedBatch
  extends Pick<NewBatch, 'tenantId' | 'priority' | 'windowS' | 'fileId' | 'metadata' | 'idempotency'> {
  dialect: Record<string, unknown>;
  errors: BatchError[];
  errorCount: number;
  /** Days for which the row is kept. */
  keptDays: number;
}

/** A claimed batch: everything that a dispatcher needs to get it on. */
export interface ClaimedBatch extends Fence {
  tenantId: string;
  versionId: string;
  manifest: VersionManifest;
  task: Task;
  parameters: Record<string, unknown>;
  priority: number;
  invalidLines: InvalidLines;
  /** As of `BatchRecord`. */
  dialect: Record<string, unknown> | null;
  state: 'validating' | 'running' | 'finalizing' | 'canceling';
  sha256: string;
  bytes: number;
  total: number;
  /** Lines that are in the counts already. */
  done: number;
  nextByte: number;
  nextLine: number;
  /** Bytes, as JSON, of the results of the lines that are in the counts. */
  outputBytes: number;
  /** It was ended because its outputs are more than it may have. */
  overfull: boolean;
  /** The deadline has passed. */
  overdue: boolean;
  /** It has had a day since its deadline or its cancellation: what fails now ends it. */
  lapsed: boolean;
}

/** A line that cannot run. */
export interface LineError {
  line: number;
  code: string;
  message: string;
}

/** A job of some lines, in the order of its items. */
export interface BatchJob {
  id: string;
  lines: number[];
  parameters: Record<string, unknown>;
  /** JSON text of the list of items. */
  inputs: string;
  /** Estimated tokens. */
  cost: number;
}

/** A job of a batch that has ended, with the lines it had. */
export interface EndedBatchJob {
  id: string;
  lines: number[];
  state: 'succeeded' | 'failed' | 'canceled' | 'expired';
  hasResults: boolean;
  error: { code: string; message: string } | null;
}
