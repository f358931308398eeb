import OpenAI from 'openai';
import { afterAll, beforeAll } from 'vitest';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from '../world.js';

// Of the spec file that calls `useWorld`, from its first test on.
export let world: DialectWorld;
export let openai: OpenAI;

/** Starts one Heddle for all that a spec file has. */
export function useWorld(): void {
  beforeAll(async () => {
    world = await startDialectWorld({
      HEDDLE_WEBHOOK_ALLOW_HTTP: 'true',
      HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
    });
    openai = clientWith(world.heddle.key);
  }, WORLD_TIMEOUT_MS);
  afterAll(() => world.stop());
}

export function clientWith(apiKey: string): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${world.heddle.url}/openai/v1`, maxRetries: 0 });
}
