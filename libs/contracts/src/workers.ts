/**
 * `starting`: loads its models; `ready` and `busy`: takes jobs, and holds none or some; `draining`: takes no more, and
 * ends when those it holds have; `lost`: has not been heard of.
 */
export const WORKER_STATUSES = ['starting', 'ready', 'busy', 'draining', 'lost'] as const;
export type WorkerStatus = (typeof WORKER_STATUSES)[number];

/** A worker as the API shows it to operators. */
export interface Worker {
  id: string;
  object: 'worker';
  status: WorkerStatus;
  host: string;
  /** What runs its models, with the numbers of its GPUs where it has several to choose from: `cpu`, `cuda:0,1`. */
  device: string;
  /** Of all its inference processes together. */
  threads: number;
  /** Versions that are in its memory; it loads others of those it serves when they are asked for. */
  versions: WorkerVersion[];
  jobs_running: number;
  /** Jobs that it has ended since it started. */
  jobs_done: number;
  started_at: string;
  heartbeat_at: string;
  drain_requested_at: string | null;
  /** Version of Heddle; null for one that does not tell. */
  build: string | null;
}

export interface WorkerVersion {
  version: string;
  model: string;
  state: 'loaded';
  /** Of all its copies in this worker. */
  rss_bytes: number;
}

/** Status of a worker by what it told last, and whether that was lately. */
export function workerStatus(worker: {
  alive: boolean;
  phase: 'starting' | 'serving' | 'draining';
  drainRequested: boolean;
  jobsRunning: number;
}): WorkerStatus {
  if (!worker.alive) return 'lost';
  if (worker.phase === 'draining' || worker.drainRequested) return 'draining';
  if (worker.phase === 'starting') return 'starting';
  return worker.jobsRunning > 0 ? 'busy' : 'ready';
}
