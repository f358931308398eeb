import Replicate from 'replicate';
import { afterAll, beforeAll } from 'vitest';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from '../world.js';

// Of the spec file that calls `useWorld`, from its first test on.
export let world: DialectWorld;
export let replicate: Replicate;
/** `ver_…` of sentiment. */
export let version: string;

/** Starts one Heddle for all that a spec file has. */
export function useWorld(): void {
  beforeAll(async () => {
    world = await startDialectWorld({
      HEDDLE_WEBHOOK_ALLOW_HTTP: 'true',
      HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
      HEDDLE_WEBHOOK_SCHEDULE: '1,1,2',
    });
    replicate = clientWith(world.heddle.key);
    const found = await world.client.request<{ id: string }>('GET', '/v1/models/sentiment/versions/1');
    version = found.id;
  }, WORLD_TIMEOUT_MS);
  afterAll(() => world.stop());
}

export function clientWith(auth: string): Replicate {
  return new Replicate({ auth, baseUrl: `${world.heddle.url}/replicate/v1`, useFileOutput: false });
}

export interface Labels {
  labels: { label: string; score: number }[];
}

/** While it lasts no job of sentiment runs. */
export async function paused<Result>(work: () => Promise<Result>): Promise<Result> {
  await world.client.request('POST', `/v1/queues/${version}/pause`, {});
  try {
    return await work();
  } finally {
    await world.client.request('POST', `/v1/queues/${version}/resume`, {});
  }
}
