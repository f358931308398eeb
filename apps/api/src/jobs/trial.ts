import { checkInputs, HeddleError, type SubmitJobBody, type Task } from '@heddle/contracts';
import { isCanaryJob, type PinnedVersion, type ResolvedVersion } from '@heddle/store';

interface Asked {
  tenantId: string;
  /** The idempotency key of the request, else the job's UUID. */
  key: string;
  task: Task;
  /** Accepted for the version of the alias. */
  submission: SubmitJobBody;
}

/**
 * The canary with the job as it is for it, where the job falls to it; null otherwise. A caller knows of the alias's version alone, so what only
 * the canary refuses, such as a layer that it lacks, stays with that version; where that one is archived nothing is tried.
 */
export function trialOf(
  { canary, status }: ResolvedVersion,
  { tenantId, key, task, submission }: Asked,
): ({ version: PinnedVersion } & ReturnType<typeof checkInputs>) | null {
  if (!canary || status === 'archived' || !isCanaryJob(tenantId, key, canary.percent)) return null;
  try {
    return { version: canary.version, ...checkInputs(task, submission, canary.version.manifest) };
  } catch (error) {
    if (error instanceof HeddleError) return null;
    throw error;
  }
}
