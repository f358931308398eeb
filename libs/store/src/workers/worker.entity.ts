/** What a worker says it does. */
export type WorkerPhase = 'starting' | 'serving' | 'draining';

/** Seconds after which a silent worker counts as gone: three missed heartbeats. */
const WORKER_FRESH_S = 15;
/** That a worker `w` was heard of lately. */
export const IS_FRESH = `w.heartbeat_at > now() - interval '${WORKER_FRESH_S} seconds'`;

/** What a worker tells with a heartbeat. */
export interface WorkerBeat {
  id: string;
  host: string;
  pid: number;
  pool: string;
  /** Names of the models that it serves; null: all. */
  models: string[] | null;
  /** Part of the time since the heartbeat before that its engines were busy, 0 to 1. */
  load: number;
  inferenceProcesses: number;
  /** That models may take. */
  memoryBudgetBytes: number;
  phase: WorkerPhase;
  /** `cpu`, `webgpu`, `cuda:0,1` … */
  device: string;
  threads: number;
  /** Version of Heddle. */
  build: string;
  jobsDone: number;
  /** UUIDs of the versions whose jobs it takes. */
  served: string[];
  /** Version UUID → bytes of memory. */
  loaded: Record<string, number>;
  /** Version UUID → tokens per second. */
  throughput: Record<string, number>;
  /** Version UUID → seconds since it was taken into quarantine; without those that may be tried again. */
  quarantined: Record<string, number>;
}

export interface WorkerRecord {
  id: string;
  host: string;
  pool: string;
  load: number;
  inferenceProcesses: number;
  /** Null for a worker of a release that did not tell. */
  memoryBudgetBytes: number | null;
  phase: WorkerPhase;
  device: string;
  threads: number;
  /** Null for a worker of a release that did not tell. */
  build: string | null;
  jobsRunning: number;
  jobsDone: number;
  loaded: { version: string; model: string; bytes: number }[];
  /** Whether it was heard of lately. */
  alive: boolean;
  startedAt: Date;
  heartbeatAt: Date;
  drainRequestedAt: Date | null;
}
