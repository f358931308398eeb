import { afterAll, beforeAll, expect, it } from 'vitest';
import { BatchWorld, lines } from './batch-world.js';

/** Outputs of one batch are bounded: they lie in Postgres until its files are written. */
const LABEL_BYTES = 10_000;
const MOST = 500_000;
let world: BatchWorld;
beforeAll(async () => {
  world = await BatchWorld.open({ env: { HEDDLE_MAX_BATCH_OUTPUT_BYTES: MOST } });
});
afterAll(() => world.close());
const large = (input: string) => input.padEnd(LABEL_BYTES, '.');
const storedBytes = async (id: string) => {
  const [row] = await world.database.query<{ bytes: number }>(
    `SELECT coalesce(sum(octet_length(results::text)), 0)::float8 AS bytes FROM job_results r JOIN jobs j ON j.id = r.job_id WHERE batch_id = '${id}'`,
  );
  return row!.bytes;
};
/** Steps, with work on so many jobs between them. */
async function runSlowly(id: string, jobs: number): Promise<void> {
  while (!(await world.find(id)).completedAt) {
    await world.step();
    await world.work(world.versionId, large, jobs);
  }
}

it('lines that have not run when they are too many fail, and those that have keep theirs', async () => {
  // More than is made into jobs at a time.
  const count = 3_000;
  const id = await world.createBatch(lines(count, (i) => `text ${i} ${'word '.repeat(100)}`));
  await runSlowly(id, 1);
  const batch = await world.find(id);
  expect(batch).toMatchObject({ state: 'succeeded', total: count, canceled: 0, expired: 0 });
  expect(batch.succeeded + batch.failed).toBe(count);
  const { output, errors } = await world.outcome(id);
  expect([output.length, errors.length]).toEqual([batch.succeeded, batch.failed]);
  expect(new Set(errors.map(({ status, error }) => `${status} ${error.code}`))).toEqual(
    new Set(['failed output-too-large']),
  );
  expect([...output, ...errors].map((one) => one.line).sort((a, b) => a - b)).toEqual(
    Array.from({ length: count }, (_, i) => i + 1),
  );
  // What is stored is what it may be, and a job's outputs more at most.
  const stored = await storedBytes(id);
  expect(stored).toBeGreaterThan(MOST);
  expect(stored).toBeLessThan(2 * MOST);
  expect(
    await world.database.query(`SELECT 1 FROM jobs WHERE batch_id = '${id}' AND completed_at IS NULL`),
  ).toEqual([]);
});

it('a batch whose last line makes them too many has all of them', async () => {
  const id = await world.createBatch(lines(60, (i) => `text ${i}`));
  await runSlowly(id, 1_000);
  expect(await storedBytes(id)).toBeGreaterThan(MOST);
  expect(await world.find(id)).toMatchObject({ state: 'succeeded', total: 60, succeeded: 60, failed: 0 });
});

it('results that a release before has stored count as what they take', async () => {
  const id = await world.createBatch(lines(2_000, (i) => `word ${i} `.repeat(100)));
  const limit = Date.now() + 30_000;
  while (!(await world.find(id)).completedAt && Date.now() < limit) {
    await world.step();
    // Random, so that Postgres cannot pack it much.
    await world.work(
      world.versionId,
      () => Array.from({ length: LABEL_BYTES / 10 }, () => Math.random().toString(36).slice(2, 12)).join(''),
      1,
    );
    await world.database.query(`UPDATE job_results SET bytes = NULL WHERE bytes IS NOT NULL`);
  }
  const batch = await world.find(id);
  expect(batch).toMatchObject({ state: 'succeeded', total: 2_000 });
  expect(batch.failed).toBeGreaterThan(0);
});
