export type { AliasChangeRecord, AliasRecord, AliasWish, Expected } from './aliases/alias.entity.js';
export { isCanaryJob } from './aliases/canary.js';
export type { Actor, AuditRecord } from './audit/audit.entity.js';
export type {
  BatchJob,
  BatchRecord,
  ClaimedBatch,
  EndedBatchJob,
  LineError,
} from './batches/batch.entity.js';
export { ONES_FAULT } from './batches/collect.js';
export type { MadeJobs } from './batches/feed.js';
export type { EndedAs, MadeFile } from './batches/finish.js';
export type { Turn, Validated } from './batches/work.js';
export { Coalescer } from './database/coalescer.js';
export type { DatabaseOptions } from './database/database.js';
export type { Idempotency } from './database/idempotency.js';
export { type Fence, type Leased, LeaseLost } from './database/lease.js';
export { migrate, pendingMigrations, revertNewest } from './database/migrations.js';
export type { Admit } from './database/page.js';
export type { Replay } from './deliveries/again.js';
export type { Slots } from './deliveries/claim.js';
export type { ClaimedDelivery, DeliveryOutcome, DeliveryRecord } from './deliveries/delivery.entity.js';
export type { DeliveryFilter } from './deliveries/read.js';
export type { EndedEvaluationJob } from './evaluations/collect.js';
export type {
  Answered,
  ClaimedEvaluation,
  EvaluationItemRow,
  EvaluationJob,
  EvaluationOptions,
  EvaluationRecord,
  FedItem,
} from './evaluations/evaluation.entity.js';
export type { FedExamples } from './evaluations/feed.js';
export type { EvaluationFilter } from './evaluations/read.js';
export type { ReadDataset } from './evaluations/work.js';
export type { EventBody, EventSource } from './events/event.entity.js';
export type { FileFilter, FilePage, FileRecord } from './files/file.entity.js';
export { overQuota } from './files/quota.js';
export type { Backlog } from './jobs/backlog.js';
export type { Candidate, WindowFlow } from './jobs/dispatch.js';
export type { FinishedJob } from './jobs/finish.js';
export type { HistoryEntry } from './jobs/history.js';
export { type ClaimedJob, type JobRecord, PRIORITY_OF_RANK, PRIORITY_RANK } from './jobs/job.entity.js';
export type { JobFilter, JobInclude } from './jobs/read.js';
export { MAX_ATTEMPTS, MAX_CRASHES, type ReturnReason, SWEEP_LIMIT } from './jobs/requeue.js';
export { RETENTION_BATCH, SMALL_ROWS_BATCH } from './jobs/retention.js';
export type { NewJob, Submitted } from './jobs/submit.js';
export type { ApiKeyEntity, LiveKey } from './keys/api-key.entity.js';
export { type NativeReference, nativeReference, noSuchModel } from './models/native-reference.js';
export type { ModelSummary, ServableVersion } from './models/read.js';
export type { PinnedVersion, ResolvedVersion } from './models/resolve.js';
export type { PlannedVersion } from './plans/plan.repository.js';
export type { PoolRecord } from './pools/pool.entity.js';
export type { PoolToDecide } from './pools/pool.repository.js';
export type { QueueRecord } from './queues/queue.repository.js';
export type { LiveSession, SessionTimes } from './sessions/session.entity.js';
export type { ShadowSummary } from './shadows/summary.js';
export type { LookRow, StatsRow } from './stats/stats.entity.js';
export { openStore, type Store } from './store.js';
export { LIBRARY_TENANT, type TenantEntity, type TenantLimits } from './tenants/tenant.entity.js';
export { MAX_IMPORT_ATTEMPTS } from './versions/claim.js';
export type { VersionKey } from './versions/read.js';
export type { ClaimedImport, ImportFence, ImportRequest, VersionRecord } from './versions/version.entity.js';
export type { SecretRecord } from './webhooks/secrets.js';
export type { WebhookRecord } from './webhooks/webhook.entity.js';
export type { WorkerPhase, WorkerRecord } from './workers/worker.entity.js';
