import { HeddleError } from '@heddle/contracts';

/** The engine is gone, not some input wrong: the job's attempt is over and the job goes back to the queue. */
const ENGINE_CODES = ['worker-crashed', 'inference-timeout', 'model-unavailable'] as const;
export type EngineCode = (typeof ENGINE_CODES)[number];

/** Whether an error ends the attempt of every job it touches: the engine is gone, or the job was aborted. */
export function endsAttempt(error: unknown): boolean {
  return engineCode(error) !== null || isAbort(error);
}

/** The engine error a job is given back with, or null. A model whose files are damaged here may be whole elsewhere. */
export function engineCode(error: unknown): EngineCode | null {
  if (!(error instanceof HeddleError)) return null;
  if (error.code === 'artifact-corrupt') return 'model-unavailable';
  return ENGINE_CODES.find((code) => code === error.code) ?? null;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
