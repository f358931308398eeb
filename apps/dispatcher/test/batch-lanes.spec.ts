import { waitFor } from '@heddle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { advance } from '../src/batches/advance.js';
import { BatchesService } from '../src/batches/batches.service.js';
import { BatchWorld, line, lines } from './batch-world.js';

/** What one tenant's batches, many or slow, take from others: the dispatcher's own service, over real Postgres. */
let world: BatchWorld;
let stranger: string;
let service: BatchesService | undefined;
beforeAll(async () => {
  world = await BatchWorld.open();
  stranger = (await world.store.tenants.ensure('stranger', 'Stranger')).id;
});
afterAll(() => world.close());
afterEach(async () => {
  await stop();
  await world.database.query('UPDATE batches SET completed_at = now() WHERE completed_at IS NULL');
});

async function start(): Promise<void> {
  world.resources.metrics.clear();
  service = new BatchesService(world.resources);
  await service.start();
}
async function stop(): Promise<void> {
  await service?.stop();
  service = undefined;
}
const stateOf = async (id: string, tenantId?: string) => (await world.find(id, tenantId)).state;
const countIn = async (ids: string[], state: string) =>
  (await Promise.all(ids.map((id) => stateOf(id)))).filter((one) => one === state).length;

/** Each line has parameters of its own, and is checked with those of the batch, as large as they may be: the slowest for its bytes. */
const SLOW = {
  task: 'token-classification' as const,
  parameters: { ignore_labels: Array.from({ length: 1_000 }, (_, i) => `${i}`.padEnd(60, 'x')) },
};
const SLOW_LINES = 45_000;
const slowContent = Array.from({ length: SLOW_LINES }, (_, i) =>
  line(`${i}`, `text ${i}`, { stride: i % 100 }),
).join('\n');

describe('many batches of one tenant', () => {
  it('hold up none of another’s, which came after all of them', async () => {
    const many: string[] = [];
    for (let i = 0; i < 60; i++) many.push(await world.createBatch(lines(3_000, (n) => `text ${i} ${n}`)));
    const versionId = await world.newVersion({}, stranger);
    const id = await world.createBatch(line('a', 'of the other'), { tenantId: stranger, versionId });
    await start();
    await waitFor(
      async () => {
        await world.work(versionId);
        return (await stateOf(id, stranger)) === 'succeeded';
      },
      { timeoutMs: 20_000 },
    );
    expect(await countIn(many, 'validating')).toBeGreaterThan(20);
  });
});

describe('while files of a tenant are read that take long', () => {
  let slow: string[];
  const beingRead = async () => {
    const rows = await world.database.query<{ id: string }>(
      `SELECT id FROM batches WHERE state = 'validating' AND attempt > 0 AND completed_at IS NULL`,
    );
    return rows.map(({ id }) => id);
  };
  beforeEach(async () => {
    const versionId = await world.newVersion({
      head: 'token-classification',
      tasks: ['token-classification'],
    });
    slow = [];
    for (let i = 0; i < 4; i++) slow.push(await world.createBatch(slowContent, { versionId, ...SLOW }));
  });

  it('its batch that runs goes on, and another’s file is read', { timeout: 60_000 }, async () => {
    const running = await world.createBatch(line('a', 'x'));
    await world.database.query(
      `UPDATE batches SET due_at = now() + interval '1 min' WHERE id <> '${running}'`,
    );
    const batch = (await world.store.batches.claim(60_000))!;
    await advance(world.resources, batch, () => undefined);
    expect(await stateOf(running)).toBe('running');
    await world.makeDue();
    await start();
    await waitFor(async () => (await beingRead()).length === 2);
    const versionId = await world.newVersion({}, stranger);
    const other = await world.createBatch(line('a', 'y'), { tenantId: stranger, versionId });
    await waitFor(async () => {
      await world.work();
      await world.work(versionId);
      return (await stateOf(running)) === 'succeeded' && (await stateOf(other, stranger)) === 'succeeded';
    });
    // All places that one tenant may have.
    expect(await beingRead()).toHaveLength(2);
    expect(await countIn(slow, 'validating')).toBe(4);
  });

  it('one that is canceled ends, its place is another’s, and a dispatcher that stops gives up', {
    timeout: 60_000,
  }, async () => {
    await start();
    await waitFor(async () => (await beingRead()).length === 2);
    const canceled = (await beingRead())[0]!;
    await world.store.batches.cancel(world.tenantId, canceled);
    await waitFor(async () => (await stateOf(canceled)) === 'canceled', { timeoutMs: 20_000 });
    expect(await world.find(canceled)).toMatchObject({ total: SLOW_LINES, canceled: SLOW_LINES });
    await waitFor(async () => (await beingRead()).length === 2, { timeoutMs: 20_000 });
    const stoppedAt = performance.now();
    await stop();
    expect(performance.now() - stoppedAt).toBeLessThan(5_000);
  });
});
