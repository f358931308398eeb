import { startHeddle, TestClient, waitFor } from '@heddle/testing';
import { expect, it } from 'vitest';
import { openBackend } from './backends.js';

/** What a fault leaves behind has healed within this time after it. */
const HEALED_MS = 60_000;

it('a killed worker’s job goes to another within a minute, at the default lease', {
  timeout: 180_000,
}, async () => {
  const { redisUrl, stop } = await openBackend('redis');
  const heddle = await startHeddle({ env: { HEDDLE_LOG_LEVEL: 'error' }, ...(redisUrl ? { redisUrl } : {}) });
  try {
    const client = new TestClient(heddle.url, heddle.key);
    // Seconds of work, so that the worker holds it when it is killed.
    const inputs = Array.from({ length: 1_000 }, (_, i) => `${i} ${'long '.repeat(300)}`);
    const { id } = await client.submit({ model: 'sentiment', inputs });
    await waitFor(async () => (await client.get(id)).status === 'running', { timeoutMs: 30_000 });
    await heddle.kill('worker');
    const killed = performance.now();
    const { attempts } = await client.get(id);
    expect(attempts).toBe(1);
    await heddle.start('worker 2');
    await waitFor(async () => (await client.get(id)).attempts === 2, { timeoutMs: HEALED_MS + 30_000 });
    expect(performance.now() - killed).toBeLessThan(HEALED_MS);
  } finally {
    await heddle.stop();
    await stop();
  }
});
