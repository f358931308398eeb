import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { budgetOf, type Measurement } from '@heddle/contracts';
import { compileModel } from '@heddle/deberta';
import { childrenOf, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineOf } from './machine.js';
import { Tuning, type TuningOptions } from './tuning.js';

const SENTIMENT = fileURLToPath(new URL('../../../models/sentiment', import.meta.url));
/** Shorter than what the model takes: fewer sizes. */
const MAX_TOKENS = 64;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-tuning-'));
  await compileModel({ checkpointDir: SENTIMENT, outDir: join(folder, 'version') });
});
afterAll(() => rm(folder, { recursive: true }));

function setup(wishes: Partial<TuningOptions> = {}) {
  const steps: Measurement[] = [];
  const graphs = (['skew', 'gather'] as const).map((lowering) => {
    return { lowering, path: join(folder, 'version', lowering === 'skew' ? 'model.onnx' : 'gather.onnx') };
  });
  const tuning = new Tuning(
    { graphs, maxTokens: MAX_TOKENS },
    {
      machine: machineOf('cpu'),
      provider: 'cpu',
      children: 2,
      threads: 1,
      tryLayouts: false,
      memoryBytes: () => 2 * 1024 ** 3,
      background: true,
      runTimeoutMs: 20_000,
      onMeasured: (measurement) => steps.push(measurement),
      ...wishes,
    },
  );
  return { tuning, steps };
}
/** How many threads each child process of this one has. */
async function threadsOfChildren(): Promise<number[]> {
  const tasks = (await childrenOf(process.pid)).map((pid) => readdir(`/proc/${pid}/task`));
  return (await Promise.all(tasks)).map(({ length }) => length);
}
const never = new AbortController().signal;

describe('tuning a shipped model', () => {
  it('gives a plan of what was measured', async () => {
    const { tuning, steps } = setup({ tryLayouts: true });
    const plan = await tuning.run(never);
    expect(plan.machine).toBe(machineOf('cpu'));
    expect(['skew', 'gather']).toContain(plan.lowering);
    expect(plan.classes.map(({ length }) => length)).toEqual([16, 32, 64]);
    for (const { length, tokens } of plan.classes) {
      expect([256, 512, 1024, 2048, 4096]).toContain(tokens);
      expect(budgetOf(plan, length)).toBe(tokens);
    }
    expect(budgetOf(plan, 20)).toBe(plan.classes[1]!.tokens);
    expect(budgetOf(plan, 512)).toBe(plan.classes[2]!.tokens);
    expect(plan.measured).toEqual(steps);
    expect(plan.measured.every(({ tokens_per_s }) => tokens_per_s > 0)).toBe(true);
    // Not measured while others have the cores; then the defaults.
    expect([0, 2]).toContain(plan.layouts.length);
    expect(plan.children * plan.threads).toBe(2);
    expect(await childrenOf(process.pid)).toEqual([]);
  });

  it('compares processes first, then measures sizes with the threads of those that won', async () => {
    let threads: Promise<number[]> | undefined;
    const onMeasured = () => {
      threads ??= threadsOfChildren();
    };
    const run = setup({ tryLayouts: true, onMeasured }).tuning.run(never);
    let most = 0;
    while (!threads) {
      most = Math.max(most, (await childrenOf(process.pid)).length);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // Two side by side, and the one with two threads.
    expect(most).toBe(3);
    const own = await threads;
    const plan = await run;

    threads = undefined;
    const abort = new AbortController();
    const usual = setup({
      threads: plan.threads,
      onMeasured: () => {
        onMeasured();
        threads!.then(() => abort.abort());
      },
    });
    await expect(usual.tuning.run(abort.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(own).toEqual(await threads);
  });

  it('goes on where it was interrupted', async () => {
    const abort = new AbortController();
    const reason = new DOMException('work came', 'AbortError');
    const { tuning, steps } = setup({
      onMeasured: (measurement) => {
        steps.push(measurement);
        if (steps.length === 3) abort.abort(reason);
      },
    });
    await expect(tuning.run(abort.signal)).rejects.toBe(reason);
    expect(await childrenOf(process.pid)).toEqual([]);
    const before = [...steps];
    const plan = await tuning.run(never);
    expect(plan.measured.slice(0, 3)).toEqual(before);
    const sizes = plan.measured.map(
      ({ lowering, length, sequences }) => `${lowering} ${length} ${sequences}`,
    );
    expect(new Set(sizes).size).toBe(sizes.length);
  });

  it('ends its process amid a forward pass, and at its start', async () => {
    for (const pauseMs of [0, 400]) {
      const abort = new AbortController();
      const { tuning } = setup();
      const run = tuning.run(abort.signal);
      run.catch(() => undefined);
      await waitFor(async () => (await childrenOf(process.pid)).length > 0);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      abort.abort(new DOMException('work came', 'AbortError'));
      await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      expect(await childrenOf(process.pid)).toEqual([]);
    }
  });

  it('tells when the version cannot be run', async () => {
    await rm(join(folder, 'version', 'gather.onnx'));
    await expect(setup().tuning.run(never)).rejects.toMatchObject({ code: 'artifact-corrupt' });
    expect(await childrenOf(process.pid)).toEqual([]);
  });
});
