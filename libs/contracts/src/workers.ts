import { z } from 'zod';
import { POOL_NAME } from './pools.js';
import { pageOf, publicIdOf, timestamp } from './shapes.js';

/**
 * `starting`: loads its models; `ready` and `busy`: takes jobs, and holds none or some; `draining`: takes no more, and
 * ends when those it holds have; `lost`: has not been heard of.
 */
export const WORKER_STATUSES = ['starting', 'ready', 'busy', 'draining', 'lost'] as const;
export type WorkerStatus = (typeof WORKER_STATUSES)[number];

const workerVersion = z.strictObject({
  version: publicIdOf('version'),
  model: z.string(),
  state: z.literal('loaded'),
  rss_bytes: z.int().describe('Of all its copies in this worker.'),
});

/** A worker as the API shows it to operators. */
export const worker = z
  .strictObject({
    id: publicIdOf('worker'),
    object: z.literal('worker'),
    status: z
      .enum(WORKER_STATUSES)
      .describe(
        '`starting`: loads its models; `ready` and `busy`: takes jobs, and holds none or some; `draining`: takes no more, and ends when those it holds have; `lost`: has not been heard of.',
      ),
    host: z.string(),
    pool: z.string().regex(POOL_NAME),
    device: z
      .string()
      .describe(
        'What runs its models, with the numbers of its GPUs where it has several to choose from: `cpu`, `cuda:0,1`.',
      ),
    threads: z.int().describe('Of all its inference processes together.'),
    inference_processes: z.int(),
    memory_budget_bytes: z
      .int()
      .nullable()
      .describe('That models may take there; null for one of a release that does not tell.'),
    load: z
      .number()
      .min(0)
      .max(1)
      .describe('Part of the time since its heartbeat before that its engines were busy.'),
    versions: z
      .array(workerVersion)
      .describe('Those in its memory; it loads others of those it serves when they are asked for.'),
    jobs_running: z.int(),
    jobs_done: z.int().describe('Jobs that it has ended since it started.'),
    started_at: timestamp,
    heartbeat_at: timestamp,
    drain_requested_at: timestamp.nullable(),
    build: z.string().nullable().describe('Version of Heddle; null for one that does not tell.'),
  })
  .meta({ id: 'Worker' });
export type Worker = z.infer<typeof worker>;
export const workerPage = pageOf('WorkerPage', worker);

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
