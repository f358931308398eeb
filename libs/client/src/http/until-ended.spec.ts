import { expect, it } from 'vitest';
import { TimeoutError, WaitTimeoutError } from '../errors.js';
import type { RequestOptions } from './call.js';
import { isTerminal, untilEnded } from './until-ended.js';

/** Of a server that says nothing: ends when the signal does. */
const silence = (_waitS: number, { signal }: RequestOptions) =>
  new Promise<never>((_, refuse) => signal?.addEventListener('abort', () => refuse(signal.reason)));

it('ends a wait at a server that is silent', { timeout: 20_000 }, async () => {
  await expect(untilEnded(silence, isTerminal, { timeoutMs: 10 })).rejects.toThrow(TimeoutError);
});

it('has what was seen last where the server falls silent', { timeout: 20_000 }, async () => {
  const seen = { status: 'running' };
  let looks = 0;
  const look = (waitS: number, options: RequestOptions) =>
    looks++ === 0 ? Promise.resolve(seen) : silence(waitS, options);
  const error = await untilEnded(look, isTerminal, { timeoutMs: 1_500 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WaitTimeoutError);
  expect(error).toMatchObject({ last: seen });
});

it.each([0.5, 2 ** 40 + 0.5])('takes a time that no timer takes as it is: %d ms', async (timeoutMs) => {
  const ended = { status: 'succeeded' };
  expect(await untilEnded(() => Promise.resolve(ended), isTerminal, { timeoutMs })).toBe(ended);
});

it('ends with the reason of the caller’s signal', async () => {
  const controller = new AbortController();
  const waiting = untilEnded(silence, isTerminal, { timeoutMs: 60_000, signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
