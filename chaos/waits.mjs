/**
 * How long a client waits for jobs of one text. It has a process of its own, because what the load costs in this one would
 * count as a wait.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { messageOf } from '@heddle/testing';

const CLIENT = fileURLToPath(new URL('./waiting-client.mjs', import.meta.url));
/** `count`: waits of a round, of which ten are above its 95th percentile; `warmUp`: waits before the first. */
const PLAN = { warmUp: 50, count: 200, rounds: 5 };
const ROUND_TIMEOUT_MS = 600_000;

/** Starts the client, and warms up what it asks for: jobs of one of the texts each, of the model sentiment. */
export async function startWaiting({ url, key, texts }, plan = PLAN) {
  const child = fork(CLIENT, [JSON.stringify({ url, key, texts, model: 'sentiment' })]);
  await messageOf(child, 'ready');
  const waitsOf = async (count) => {
    const answered = messageOf(child, 'waits', ROUND_TIMEOUT_MS);
    child.send({ count });
    const { waits, error } = await answered;
    if (error) throw new Error(error);
    return waits;
  };
  const round = async (count = plan.count) => p95Of(await waitsOf(count));
  /**
   * p95 in milliseconds, of round trips and of what of them was in the queue: the median of so many rounds. A round that does not
   * `count` is left out and the last; null where none does.
   */
  const measure = async (counts = async (_p95) => true) => {
    const rounds = [];
    while (rounds.length < plan.rounds) {
      const p95 = await round();
      if (!(await counts(p95))) break;
      rounds.push(p95);
    }
    if (rounds.length === 0) return null;
    const median = (of) => Math.round(rounds.map((p95) => p95[of]).sort((a, b) => a - b)[rounds.length >> 1]);
    return { trip: median('trip'), queue: median('queue'), rounds: rounds.length };
  };
  /** The same of all waits for as long as something is so, ten at least. */
  const measureWhile = async (isSo) => {
    const waits = [];
    do waits.push(...(await waitsOf(10)));
    while (isSo());
    const { trip, queue } = p95Of(waits);
    return { trip: Math.round(trip), queue: Math.round(queue) };
  };
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  try {
    await round(plan.warmUp);
  } catch (error) {
    await stop();
    throw error;
  }
  return { measure, measureWhile, stop };
}

function p95Of(waits) {
  const p95 = (of) => percentile95(waits.map((wait) => wait[of]));
  return { trip: p95('trip'), queue: p95('queue') };
}

function percentile95(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length * 0.95)];
}
