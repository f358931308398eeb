import { expect, it } from 'vitest';
import { Coalescer } from './coalescer.js';

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
