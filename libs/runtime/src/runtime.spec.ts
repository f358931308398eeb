import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HeddleError } from '@heddle/contracts';
import { createModel } from '@heddle/onnx';
import { waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nonFiniteRows } from './finite.js';
import { type InferenceChild, startInferenceChild } from './inference-child.js';
import { type ForwardInput, openSession } from './session.js';

let folder: string;
/** logits[b] = [Σ ids · mask, 1 ÷ Σ ids]: small, checkable, and infinite where the ids sum to zero. */
let sums: string;
/** Multiplies a matrix with itself for some seconds: a forward pass that takes its time. */
let slow: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-runtime-'));
  sums = await writeSums(join(folder, 'sums'));
  slow = await writeSlow(join(folder, 'slow'));
});
afterAll(() => rm(folder, { recursive: true }));

async function writeSums(dir: string): Promise<string> {
  await mkdir(dir);
  const model = await createModel(dir, 'sums');
  const { graph } = model;
  graph.input('input_ids', 'int64', ['batch', 'sequence']);
  graph.input('attention_mask', 'int64', ['batch', 'sequence']);
  const masked = graph.node('Cast', [graph.node('Mul', ['input_ids', 'attention_mask'])], { to: 1 });
  const sum = graph.node('ReduceSum', [masked, graph.ints([1])], { keepdims: 1 });
  const logits = graph.node('Concat', [sum, graph.node('Div', [graph.float(1), sum])], { axis: 1 });
  graph.node('Identity', [logits], {}, { output: 'logits' });
  graph.output('logits', 'float32', ['batch', 2]);
  await model.save();
  await model.close();
  return join(dir, 'model.onnx');
}

/** Takes nothing but three tokens. */
async function writeNarrow(dir: string): Promise<string> {
  await mkdir(dir);
  const model = await createModel(dir, 'narrow');
  const { graph } = model;
  graph.input('input_ids', 'int64', ['batch', 'sequence']);
  const three = graph.node('Reshape', ['input_ids', graph.ints([3])]);
  graph.node('Cast', [three], { to: 1 }, { output: 'logits' });
  graph.output('logits', 'float32', [3]);
  await model.save();
  await model.close();
  return join(dir, 'model.onnx');
}

async function writeSlow(dir: string): Promise<string> {
  await mkdir(dir);
  const size = 1500;
  const model = await createModel(dir, 'slow');
  const { graph } = model;
  graph.input('input_ids', 'int64', ['batch', 'sequence']);
  graph.input('attention_mask', 'int64', ['batch', 'sequence']);
  const weight = await model.weight('weight', [size, size], new Float32Array(size * size).fill(1 / size));
  // The input takes part, so that nothing can be computed beforehand.
  const ids = graph.node('Mul', ['input_ids', 'attention_mask']);
  let product = graph.node('Add', [weight, graph.node('ReduceSum', [graph.node('Cast', [ids], { to: 1 })])]);
  for (let i = 0; i < 40; i++) product = graph.node('MatMul', [product, weight]);
  const logits = graph.node('ReduceSum', [product, graph.ints([1])], { keepdims: 1 });
  graph.node('Identity', [logits], {}, { output: 'logits' });
  graph.output('logits', 'float32', ['rows', 1]);
  await model.save();
  await model.close();
  return join(dir, 'model.onnx');
}

const input = (rows: number[][]): ForwardInput => {
  const length = Math.max(...rows.map((row) => row.length));
  const padded = rows.flatMap((row) => [...row, ...Array(length - row.length).fill(0)]);
  const mask = rows.flatMap((row) => [...row.map(() => 1), ...Array(length - row.length).fill(0)]);
  return {
    inputIds: Int32Array.from(padded),
    attentionMask: Uint8Array.from(mask),
    batch: rows.length,
    length,
  };
};

describe('session', () => {
  it('runs a model', async () => {
    const session = await openSession(sums);
    const { logits } = await session.run(input([[1, 2, 3], [4]]));
    expect(logits).toMatchObject({ dims: [2, 2], axes: ['batch', 2] });
    expect([...logits!.data]).toEqual([6, Math.fround(1 / 6), 4, 0.25]);
    await session.close();
  });

  it.each([
    ['missing', async () => join(folder, 'nothing.onnx')],
    [
      'no model',
      async () => {
        await writeFile(join(folder, 'broken.onnx'), 'not a model');
        return join(folder, 'broken.onnx');
      },
    ],
  ])('refuses a file that is %s', async (_, path) => {
    await expect(openSession(await path())).rejects.toMatchObject({ code: 'artifact-corrupt' });
  });
});

describe('non-finite rows', () => {
  it('are found per row, padding left out', () => {
    const { attentionMask } = input([[1, 1], [1]]);
    const of = (values: number[], dims: number[], axes: (string | number)[]) =>
      nonFiniteRows(
        { logits: { data: Float32Array.from(values), dims, axes } },
        {
          inputIds: new Int32Array(4),
          attentionMask,
          positions: Int32Array.of(1, 0, 1, 1, 0, 1),
          batch: 2,
          length: 2,
        },
      );
    expect(of([1, 2, Number.NaN, 4], [2, 2], ['batch', 2])).toEqual([1]);
    expect(of([1, Number.POSITIVE_INFINITY, 3, 4], [2, 2], ['batch', 2])).toEqual([0]);
    // [batch, length, labels]: the second token of the second row is padding.
    expect(of([1, 2, 3, Number.NaN], [2, 2, 1], ['batch', 'sequence', 1])).toEqual([]);
    expect(of([1, 2, Number.NaN, 4], [2, 2, 1], ['batch', 'sequence', 1])).toEqual([1]);
    // The answers of chosen positions belong to the rows that these lie in.
    expect(of([1, Number.NaN, 3], [3, 1], ['positions', 1])).toEqual([1]);
    expect(of([1, 2, Number.NaN], [3, 1], ['positions', 1])).toEqual([0]);
  });
});

describe('inference child', () => {
  const start = (runTimeoutMs = 30_000) => startInferenceChild({ runTimeoutMs, loadTimeoutMs: 30_000 });
  const isAlive = (pid: number) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  async function withChild(
    child: InferenceChild,
    work: (child: InferenceChild) => Promise<void>,
  ): Promise<void> {
    try {
      await work(child);
    } finally {
      await child.close();
    }
    expect(isAlive(child.pid)).toBe(false);
  }

  it('runs what it was given, in order, and says which rows are not finite', () =>
    withChild(start(), async (child) => {
      await child.load('a', sums);
      const runs = await Promise.all([1, 2, 3].map((id) => child.run('a', input([[id], [0]]))));
      expect(runs.map((run) => run.outputs.logits!.data[0])).toEqual([1, 2, 3]);
      expect(runs.map((run) => run.nonFiniteRows)).toEqual([[1], [1], [1]]);
      expect(runs[0]!.inferenceMs).toBeGreaterThan(0);
    }));

  it('refuses what it has not loaded, or cannot', () =>
    withChild(start(), async (child) => {
      await expect(child.run('a', input([[1]]))).rejects.toMatchObject({ code: 'model-unavailable' });
      await expect(child.load('a', join(folder, 'nothing'))).rejects.toMatchObject({
        code: 'artifact-corrupt',
      });
      await child.load('a', sums);
      await child.unload('a');
      await expect(child.run('a', input([[1]]))).rejects.toMatchObject({ code: 'model-unavailable' });
    }));

  it('refuses a model that does not run', () =>
    withChild(start(), async (child) => {
      const narrow = await writeNarrow(join(folder, 'narrow'));
      await expect(child.load('narrow', narrow)).rejects.toMatchObject({ code: 'artifact-corrupt' });
      await expect(child.run('narrow', input([[1]]))).rejects.toMatchObject({ code: 'model-unavailable' });
    }));

  it('says what memory it takes, and what a load has taken', () =>
    withChild(start(), async (child) => {
      const { before, after } = await child.load('slow', slow);
      // A matrix of 1500 × 1500 numbers.
      expect(after - before).toBeGreaterThan(1500 * 1500 * 4);
      const memory = await child.memory();
      expect(memory).toBeGreaterThan(before);
      expect(memory).toBeLessThan(2 * after);
    }));

  it.runIf(process.platform === 'linux')('is what the system ends first when memory runs out', () =>
    withChild(start(), async (child) => {
      await waitFor(async () => (await readFile(`/proc/${child.pid}/oom_score_adj`, 'utf8')) === '1000\n');
    }),
  );

  it('survives an error of a forward pass, which is not mistaken for a crash', () =>
    withChild(start(), async (child) => {
      await child.load('a', sums);
      const wrong = { ...input([[1, 2]]), length: 3 };
      const error = await child.run('a', wrong).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toHaveProperty('code', 'worker-crashed');
      expect((await child.run('a', input([[7]]))).outputs.logits!.data[0]).toBe(7);
    }));

  it('fails what is under way when it is killed', () =>
    withChild(start(), async (child) => {
      await child.load('slow', slow);
      const run = child.run('slow', input([[1]]));
      const queued = child.run('slow', input([[2]]));
      process.kill(child.pid, 'SIGKILL');
      await expect(run).rejects.toMatchObject({ code: 'worker-crashed' });
      await expect(queued).rejects.toMatchObject({ code: 'worker-crashed' });
      expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
      await expect(child.run('slow', input([[1]]))).rejects.toMatchObject({ code: 'worker-crashed' });
    }));

  it('is killed when a forward pass takes too long', () =>
    withChild(start(100), async (child) => {
      await child.load('slow', slow);
      await expect(child.run('slow', input([[1]]))).rejects.toMatchObject({ code: 'inference-timeout' });
      expect((await child.exited).signal).toBe('SIGKILL');
    }));

  it('refuses what is asked of it while it dies, and says that it ended', async () => {
    const child = start();
    await child.load('a', sums);
    process.kill(child.pid, 'SIGKILL');
    // Its end has not been noticed yet: the request goes into a closed pipe.
    const asked = Array.from({ length: 20 }, () =>
      child.run('a', input([[1]])).catch((error: unknown) => error),
    );
    for (const error of await Promise.all(asked)) expect(error).toMatchObject({ code: 'worker-crashed' });
    expect((await child.exited).signal).toBe('SIGKILL');
  });

  it('is gone when its caller hears of the timeout', () =>
    withChild(start(100), async (child) => {
      await child.load('slow', slow);
      const late = child.run('slow', input([[1]])).catch(() => isAlive(child.pid));
      const behind = child.run('slow', input([[1]])).catch((error: HeddleError) => error.code);
      expect(await late).toBe(false);
      expect(await behind).not.toBe('internal');
    }));

  // Retried: a busy machine takes the processor away for longer, but a loop that is blocked is blocked every time.
  it('never blocks its parent', { retry: 3 }, () =>
    withChild(start(), async (child) => {
      await child.load('slow', slow);
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const { inferenceMs } = await child.run('slow', input([[1]]));
      delay.disable();
      expect(inferenceMs).toBeGreaterThan(200);
      expect(delay.max / 1e6).toBeLessThan(50);
    }),
  );

  it.runIf(process.platform === 'linux')('takes no more memory as messages come and go', () =>
    withChild(start(), async (child) => {
      await child.load('a', sums);
      const ownMib = async () => {
        const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
        return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
      };
      const runs = async (count: number) => {
        for (let i = 0; i < count; i += 100)
          await Promise.all(Array.from({ length: 100 }, () => child.run('a', input([[1]]))));
      };
      await runs(200);
      const before = await ownMib();
      await runs(12_000);
      // About 3; a young generation that grows with them takes 25 or more.
      expect((await ownMib()) - before).toBeLessThan(12);
    }),
  );

  it('has no environment to give away', () =>
    withChild(start(), async (child) => {
      const environment = await readFile(`/proc/${child.pid}/environ`, 'utf8');
      // What Node itself passes to a forked process, and how memory is laid out (whose parts glibc takes apart).
      const names = environment
        .split('\0')
        .filter(Boolean)
        .map((pair) => pair.split('=')[0]);
      const known = /^(NODE_CHANNEL_|GLIBC_TUNABLES$|glibc\.malloc\.)/;
      expect(names.filter((name) => !known.test(name!))).toEqual([]);
    }));
});
