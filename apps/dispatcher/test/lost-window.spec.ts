import { waitFor } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { BACKENDS, useDispatchers } from './dispatchers.js';

describe.each(BACKENDS)('a dispatch window in %s that is lost as a whole', (backend) => {
  const bench = useDispatchers(backend);

  it('is rebuilt within 5 s', async () => {
    await bench.startDispatcher();
    const ids = await bench.submitMany(20);
    await waitFor(async () => (await bench.inWindow()) === 20);
    await loseQueue();
    const claimed: string[] = [];
    const started = Date.now();
    await bench.consume(bench.finishing(claimed));
    await waitFor(() => claimed.length > 0, { timeoutMs: 5_000 });
    await waitFor(() => claimed.length === 20, { timeoutMs: 10_000 });
    expect(Date.now() - started).toBeLessThan(15_000);
    expect([...claimed].sort()).toEqual([...ids].sort());
  });

  async function loseQueue(): Promise<void> {
    // A Redis without persistence comes back empty.
    if (bench.redis) return bench.redis.restart();
    await bench.database.query('TRUNCATE bullmq.meta, bullmq.job, bullmq.event CASCADE');
  }
});
