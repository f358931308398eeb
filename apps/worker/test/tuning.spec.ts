import { readFile } from 'node:fs/promises';
import type { ExecutionPlan, Job, LabelScore } from '@heddle/contracts';
import { childrenOf, startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

let heddle: TestHeddle;
beforeAll(async () => {
  heddle = await startHeddle({ env: { HEDDLE_AUTOTUNE: 'true', HEDDLE_INFERENCE_CHILDREN: '1' } });
});
afterAll(() => heddle.stop());

const plans = () =>
  heddle.database.query<{ machine: string; plan: ExecutionPlan }>(
    "SELECT machine, plan FROM plans WHERE machine <> 'elsewhere'",
  );
/** Processes that measure: their priority is the lowest. */
async function measuring(): Promise<number[]> {
  const children = await childrenOf(heddle.process('worker').pid!);
  const niceness = await Promise.all(children.map(nicenessOf));
  return children.filter((_, i) => niceness[i] === 19);
}
/** 19 is the lowest priority; 0 also of a process that has ended. */
async function nicenessOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16] ?? 0);
}

const best = (job: Job) => (job.results![0]!.output as { labels: LabelScore[] }).labels[0]!;

it('a worker without work measures its versions, stops for work, and goes on', {
  timeout: 120_000,
}, async () => {
  const client = new TestClient(heddle.url, heddle.key);
  // As another kind of machine would have left it: no reason not to measure here.
  await heddle.database.query(
    `INSERT INTO plans (version_id, machine, plan) SELECT id, 'elsewhere', '{}' FROM versions`,
  );
  await waitFor(async () => (await measuring()).length > 0, { timeoutMs: 30_000 });
  const [first] = await measuring();
  const job = await client.run({ model: 'sentiment', inputs: ['What a film!'] });
  expect(job.status).toBe('succeeded');
  await waitFor(async () => !(await measuring()).includes(first!));

  await waitFor(async () => (await plans()).length > 0, { timeoutMs: 80_000 });
  const stored = (await plans())[0]!;
  expect(stored.machine).toBe(stored.plan.machine);
  expect(stored.plan.classes.map(({ length }) => length)).toEqual([16, 32, 64, 128, 256, 512]);
  // The settings name the layout.
  expect(stored.plan).toMatchObject({ children: 1, threads: 1, layouts: [] });

  // Whatever was measured meanwhile, answers stay what they were.
  const again = await client.run({ model: 'sentiment', inputs: ['What a film!'] });
  expect(best(again).label).toBe(best(job).label);
  expect(best(again).score).toBeCloseTo(best(job).score, 4);
  expect(heddle.logs()).not.toContain('"level":"error"');
});
