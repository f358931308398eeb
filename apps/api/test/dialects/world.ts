import type { Me } from '@heddle/contracts';
import { copyOf, startHeddle, TestClient, type TestHeddle } from '@heddle/testing';
import { importModels } from './models.js';

/** A world is up within it, on a machine that has other things to do as well: of a test run, the first imports the models. */
export const WORLD_TIMEOUT_MS = 900_000;
const START_TIMEOUT_MS = 150_000;

export interface DialectWorld {
  heddle: TestHeddle;
  client: TestClient;
  /** Slug of the tenant. */
  slug: string;
  stop(): Promise<void>;
}

/** A whole Heddle with the shipped models and those of `models.ts`. */
export async function startDialectWorld(env: Record<string, string> = {}): Promise<DialectWorld> {
  const setup = await copyOf('dialects', async () => {
    const heddle = await startHeddle({ readyTimeoutMs: START_TIMEOUT_MS });
    try {
      await importModels(new TestClient(heddle.url, heddle.key));
    } catch (error) {
      await heddle.stop();
      throw error;
    }
    return heddle.end();
  });
  const heddle = await startHeddle({ setup, env, readyTimeoutMs: START_TIMEOUT_MS });
  try {
    const client = new TestClient(heddle.url, heddle.key);
    const { tenant } = await client.request<Me>('GET', '/v1/me');
    return { heddle, client, slug: tenant.slug, stop: () => heddle.stop() };
  } catch (error) {
    await heddle.stop();
    throw error;
  }
}
