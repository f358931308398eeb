import { expect, it, vi } from 'vitest';
import { Coalescer, KeyedCoalescer } from './coalescer.js';

it('turns what arrives during a call into one more call, in order', async () => {
  const calls: number[][] = [];
  const coalescer = new Coalescer<number, number>(async (inputs) => {
    calls.push(inputs);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return inputs.map((input) => input * 2);
  }, 10);
  const answers = await Promise.all(Array.from({ length: 25 }, (_, i) => coalescer.run(i)));
  expect(answers).toEqual(Array.from({ length: 25 }, (_, i) => i * 2));
  expect(calls.map((call) => call.length)).toEqual([10, 10, 5]);
});

it('fails only the inputs of the call that failed', async () => {
  const coalescer = new Coalescer<number, number>(async (inputs) => {
    if (inputs.includes(1)) throw new Error('no');
    return inputs;
  }, 2);
  const answers = await Promise.allSettled([0, 1, 2, 3].map((input) => coalescer.run(input)));
  expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
});

it('tries each input alone where the error may be the fault of one', async () => {
  const calls: number[][] = [];
  const work = async (inputs: number[]) => {
    calls.push(inputs);
    if (inputs.includes(1)) throw new RangeError('no');
    return inputs;
  };
  const coalescer = new Coalescer(work, 10, { mayBeOnes: (error) => error instanceof RangeError });
  const answers = await Promise.allSettled([0, 1, 2].map((input) => coalescer.run(input)));
  expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(calls).toEqual([[0, 1, 2], [0], [1], [2]]);
});

it('never puts inputs of different keys into one call, nor lets one key wait for another', async () => {
  const calls: string[][] = [];
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const keyed = new KeyedCoalescer<string, string>(async (inputs) => {
    calls.push(inputs);
    if (inputs[0] === 'a1') await held;
    return inputs;
  }, 10);
  const first = Promise.all(['a1', 'a2'].map((input) => keyed.run('a', input)));
  expect(await keyed.run('b', 'b1')).toBe('b1');
  release();
  expect(await first).toEqual(['a1', 'a2']);
  expect(await keyed.run('a', 'a3')).toBe('a3');
  expect(calls).toEqual([['a1', 'a2'], ['b1'], ['a3']]);
  // A key costs nothing once nobody asks.
  await vi.waitFor(() => expect(keyed.size).toBe(0));
});

it('a call holds what may be together in one, and what is heavier alone', async () => {
  const calls: number[][] = [];
  const work = async (inputs: number[]) => {
    calls.push(inputs);
    return inputs;
  };
  const coalescer = new Coalescer(work, 3, { weight: { of: (input) => input, most: 10 } });
  const inputs = [4, 6, 1, 30, 2, 2, 2, 2];
  expect(await Promise.all(inputs.map((input) => coalescer.run(input)))).toEqual(inputs);
  expect(calls).toEqual([[4, 6], [1], [30], [2, 2, 2], [2]]);
});

it('whoever comes during a call does not wait for it where another may be made, and never are more under way', async () => {
  const calls: number[][] = [];
  const releases: (() => void)[] = [];
  const work = async (inputs: number[]) => {
    calls.push(inputs);
    await new Promise<void>((resolve) => releases.push(resolve));
    return inputs;
  };
  const coalescer = new Coalescer(work, 10, { calls: 2 });
  const first = Promise.all([1, 2].map((input) => coalescer.run(input)));
  await vi.waitFor(() => expect(calls).toEqual([[1, 2]]));
  const second = coalescer.run(3);
  await vi.waitFor(() => expect(calls).toEqual([[1, 2], [3]]));
  const rest = Promise.all([4, 5].map((input) => coalescer.run(input)));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls).toHaveLength(2);
  releases[1]!();
  expect(await second).toBe(3);
  await vi.waitFor(() => expect(calls).toEqual([[1, 2], [3], [4, 5]]));
  for (const release of releases) release();
  expect([await first, await rest]).toEqual([
    [1, 2],
    [4, 5],
  ]);
  expect(coalescer.isIdle).toBe(true);
});
