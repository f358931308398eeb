import { toPublicId, type Worker, workerStatus } from '@heddle/contracts';
import type { WorkerRecord } from '@heddle/store';

/** A worker as the API shows it. */
export function workerView(worker: WorkerRecord): Worker {
  return {
    id: toPublicId('worker', worker.id),
    object: 'worker',
    status: workerStatus({ ...worker, drainRequested: worker.drainRequestedAt !== null }),
    host: worker.host,
    pool: worker.pool,
    device: worker.device,
    threads: worker.threads,
    inference_processes: worker.inferenceProcesses,
    memory_budget_bytes: worker.memoryBudgetBytes,
    load: Math.round(worker.load * 1000) / 1000,
    versions: worker.loaded.map(({ version, model, bytes }) => ({
      version: toPublicId('version', version),
      model,
      state: 'loaded',
      rss_bytes: bytes,
    })),
    jobs_running: worker.jobsRunning,
    jobs_done: worker.jobsDone,
    started_at: worker.startedAt.toISOString(),
    heartbeat_at: worker.heartbeatAt.toISOString(),
    drain_requested_at: worker.drainRequestedAt?.toISOString() ?? null,
    build: worker.build,
  };
}
