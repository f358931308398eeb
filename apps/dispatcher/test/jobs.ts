import { newUuid } from '@heddle/contracts';
import type { NewJob, Store, Submitted } from '@heddle/store';
import { testManifest } from '@heddle/testing';

/** What a worker stores of a job whose one item succeeded. */
export const ANSWER = {
  results: JSON.stringify([{ index: 0 }]),
  succeeded: 1,
  failed: 0,
  usage: { tokens: 1, padded_tokens: 1, truncated: 0 },
  timing: { queue_ms: 0, tokenize_ms: 0, inference_ms: 0 },
  error: null,
};

/** A version of a model of its own; its id. */
export async function newVersion(store: Store, tenantId: string): Promise<string> {
  const name = `m${newUuid().slice(-8)}`;
  return (await store.models.addVersion({ tenantId, name, description: '', manifest: testManifest() })).id;
}

/** A job of one text. */
export function submitJob(
  store: Store,
  job: Pick<NewJob, 'tenantId' | 'versionId'> & Partial<NewJob>,
): Promise<Submitted> {
  return store.jobs.submit({
    id: newUuid(),
    alias: null,
    task: 'text-classification',
    parameters: {},
    inputs: ['x'],
    metadata: {},
    priority: 1,
    deadlineS: 600,
    cost: 10,
    idempotency: null,
    ...job,
  });
}
