import type { ScalingState } from '@heddle/contracts';

/** A pool of workers, and what there is of it. */
export interface PoolRecord {
  name: string;
  /** Names of the models that its workers serve; null: all. */
  models: string[] | null;
  desiredWorkers: number;
  /** What the decision before left; null before the first. */
  scaling: ScalingState | null;
  decidedAt: Date | null;
  /** Live workers that take jobs, and others. */
  workers: number;
  starting: number;
  draining: number;
  /** Engine time that its live workers use, in workers. */
  busy: number;
  /** Version UUID → tokens per second of one of its live workers. */
  speeds: Record<string, number>;
}
