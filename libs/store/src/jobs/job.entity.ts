import type {
  Flow,
  JobError,
  JobSource,
  JobState,
  JobTiming,
  JobUsage,
  JobWebhook,
  Priority,
  Task,
} from '@heddle/contracts';
import type { HistoryEntry } from './history.js';

/** Order of dispatch within one version; the numbers are what the database sorts by. */
export const PRIORITY_RANK: Record<Priority, number> = { high: 0, normal: 1, low: 2 };
export const PRIORITY_OF_RANK: readonly Priority[] = ['high', 'normal', 'low'];

/** A job row with the names of its model, as the API shows it. */
export interface JobRecord {
  id: string;
  tenantId: string;
  state: JobState;
  model: string;
  alias: string | null;
  /** Whether its version was on trial behind the alias. */
  canary: boolean;
  versionId: string;
  versionNumber: number;
  task: Task;
  parameters: Record<string, unknown>;
  metadata: Record<string, string>;
  priority: number;
  attempt: number;
  sequence: number;
  items: number;
  succeeded: number;
  failed: number;
  usage: JobUsage | null;
  timing: Omit<JobTiming, 'total_ms'> | null;
  error: JobError | null;
  createdAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
  deadline: Date;
  source: JobSource;
  /** What the interface it came in by shows of it beside what every job has; null where that is nothing. */
  dialect: Record<string, unknown> | null;
  /** UUID of the batch whose lines it has. */
  batchId: string | null;
  /** UUID of the evaluation whose examples it has. */
  evaluationId: string | null;
  /** When inputs and results are removed; null when they are kept, or the job has not ended. */
  expiresAt: Date | null;
  dataRemoved: boolean;
  /** Where its own events go. */
  webhook: JobWebhook | null;
  /** Of the request that made it, in hexadecimal digits. */
  traceId: string | null;
  /** Null for a job that was claimed once at most and never given back. */
  history: HistoryEntry[] | null;
  /** Present only when asked for. */
  inputs?: unknown[];
  results?: unknown[] | null;
}

/** A claimed job: everything a worker needs, and the fence it must show when it finishes. */
export interface ClaimedJob extends Flow {
  id: string;
  versionId: string;
  task: Task;
  source: JobSource | 'shadow';
  parameters: Record<string, unknown>;
  inputs: unknown[];
  /** Longest input that its version may take, where that is less than it was imported for. */
  maxTokens: number | null;
  attempt: number;
  /** Inference children this job has taken down so far; such a job runs alone. */
  crashes: number;
  /** Milliseconds between acceptance and this claim, by the database's clock. */
  queueMs: number;
}
