import { LIMITS } from '@heddle/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BatchWorld, line, lines } from './batch-world.js';

/** Lines that are as large as they may be: what becomes of them stays small. */
let world: BatchWorld;
beforeAll(async () => {
  world = await BatchWorld.open();
});
afterAll(() => world.close());

const NAME = '~/\ud83d\ude00'.repeat(100_000);
const rowBytes = async (id: string) => {
  const [row] = await world.database.query<{ bytes: number }>(
    `SELECT octet_length(b::text) + (SELECT coalesce(sum(octet_length(e::text)), 0) FROM batch_line_errors e WHERE e.batch_id = b.id)::int AS bytes
       FROM batches b WHERE id = '${id}'`,
  );
  return row!.bytes;
};

it('names of members are told of in short, however long they are', async () => {
  const wrong = [
    { input: 'x', [NAME]: 1 },
    { input: { text: 'x', [NAME]: 1 } },
    { input: 'x', parameters: { [NAME]: 1 } },
    { input: 'x', custom_id: NAME },
  ];
  const content = Array.from({ length: 30 }, (_, i) =>
    JSON.stringify({ custom_id: `${i}`, ...wrong[i % wrong.length] }),
  );
  const id = await world.createBatch([...content, line('good', 'x')].join('\n'));
  await world.step();
  expect(await world.find(id)).toMatchObject({ state: 'running', errorCount: 30, failed: 30 });
  expect(await rowBytes(id)).toBeLessThan(100_000);
  await world.runUntil(id);
  const { output, errors } = await world.outcome(id);
  expect(output.map(({ custom_id }) => custom_id)).toEqual(['good']);
  expect(errors).toHaveLength(30);
  expect(new Set(errors.map(({ error }) => error.code))).toEqual(new Set(['validation']));
  // A custom_id that is too long is not repeated.
  expect(errors.filter(({ custom_id }) => custom_id === null).length).toBe(7);
  expect(Math.max(...errors.map((error) => JSON.stringify(error).length))).toBeLessThan(1_000);
});

it('parameters of almost a line’s size, different in each line, are made into few jobs at a time', async () => {
  const versionId = await world.newVersion({
    head: 'token-classification',
    tasks: ['token-classification'],
  });
  const labels = (of: number) =>
    Array.from({ length: 900 }, (_, i) =>
      `${of} ${i}`.padEnd(Math.floor((LIMITS.maxLineBytes - 10_000) / 900) - 3, 'x'),
    );
  const count = 12;
  const content = Array.from({ length: count }, (_, i) => line(`${i}`, 'text', { ignore_labels: labels(i) }));
  const id = await world.createBatch(content.join('\n'), { versionId, task: 'token-classification' });
  await world.step();
  expect(await world.find(id)).toMatchObject({ state: 'running', total: count, errorCount: 0 });
  const sizes: number[] = [];
  const { batches } = world.store;
  const { addJobs } = batches;
  batches.addJobs = (fence, made) => {
    sizes.push(JSON.stringify(made.jobs).length);
    return addJobs(fence, made);
  };
  try {
    while (!(await world.find(id)).completedAt) {
      await world.step();
      await world.work(versionId);
    }
  } finally {
    batches.addJobs = addJobs;
  }
  expect(await world.find(id)).toMatchObject({ state: 'succeeded', succeeded: count });
  expect(sizes.length).toBeGreaterThan(2);
  // Two windows' worth, and the line that goes beyond.
  expect(Math.max(...sizes)).toBeLessThan(4 * 1024 * 1024);
});

it('parameters of the batch that are as large as they may be are there once for each job, not for each line', async () => {
  const versionId = await world.newVersion({
    head: 'token-classification',
    tasks: ['token-classification'],
  });
  const parameters = { ignore_labels: Array.from({ length: 1_000 }, (_, i) => `${i}`.padEnd(60, 'x')) };
  const id = await world.createBatch(lines(3_000), { versionId, task: 'token-classification', parameters });
  while (!(await world.find(id)).completedAt) {
    await world.step();
    await world.work(versionId);
  }
  expect(await world.find(id)).toMatchObject({ state: 'succeeded', succeeded: 3_000 });
  const [jobs] = await world.database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM jobs WHERE batch_id = '${id}'`,
  );
  expect(jobs!.count).toBeLessThan(20);
});
