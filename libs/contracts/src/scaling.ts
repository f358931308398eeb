/** What an operator wants of a pool's size. */
export interface ScalingPolicy {
  /** Seconds in which what is open should be done, at most: > 0. */
  targetWaitS: number;
  /** Part of their time that workers may be busy with what arrives: > 0, at most 1. */
  utilization: number;
  /** Seconds for which fewer workers must have been enough before there are fewer. */
  holdS: number;
  /** Seconds without any work after which only `minWorkers` are left. */
  idleS: number;
  minWorkers: number;
  maxWorkers: number;
}

/** What is known of a pool at one moment. */
export interface PoolLoad {
  /** Seconds of any clock that does not go back. */
  at: number;
  /** Versions that the pool serves and whose jobs may run. */
  queues: {
    id: string;
    /** Estimated, of jobs that are queued or run. */
    tokens: number;
    /** Of one worker, as it measured; null while none has. */
    tokensPerS: number | null;
  }[];
  /** Engine time that all workers together use, in workers: two that are half busy are 1. */
  busy: number;
  /** Workers that take jobs. */
  workers: number;
  /** Whether anything else waits for a worker or runs. */
  otherWork: boolean;
}

/** What a decision leaves for the next one; JSON. */
export interface ScalingState {
  at: number;
  desired: number;
  /** Seconds that one worker takes for what is open. */
  work: number;
  /** Work that arrives, smoothed: how many workers it would keep busy. */
  arriving: number;
  /** When anything was open last. */
  openAt: number;
  /** Since when fewer workers would be enough, and the most that would have been needed since; null: now all are needed. */
  low: { since: number; most: number } | null;
  /** By version: open tokens, and the speed of one worker when it was measured last. */
  tokens: Record<string, number>;
  speeds: Record<string, number>;
}

/** Time over which arrivals are averaged: some reports of the workers long, shorter than most bursts matter. */
const SMOOTHING_S = 30;

/**
 * How many workers a pool should have. Enough for what arrives, at `utilization`, and besides to do what is open within
 * `targetWaitS`: more at once, fewer only when fewer have been enough for all of `holdS`. So a number that has just
 * risen does not fall, and one that has just fallen does not fall again, within `holdS`; only after `idleS` without work it falls
 * to `minWorkers` from wherever it is. Pure: the same inputs give the same decision.
 */
export function decideWorkers(
  before: ScalingState | null,
  load: PoolLoad,
  policy: ScalingPolicy,
): ScalingState {
  const speeds = speedsOf(before, load);
  const tokens = tokensOf(load);
  const work = workOf(tokens, speeds);
  const arriving = arrivingOf(before, load, work, speeds);
  const isOpen = load.otherWork || load.queues.some(({ tokens }) => tokens > 0);
  const openAt = isOpen || !before ? load.at : before.openAt;
  const state = { at: load.at, work, arriving, openAt, tokens, speeds };
  // Nothing asks for the workers that are there when the first decision is made; they stay as long as others would.
  const present = before?.desired ?? clamp(load.workers, policy);
  if (!isOpen && load.at - openAt >= policy.idleS) return { ...state, desired: policy.minWorkers, low: null };
  const none = !isOpen && present === 0;
  const needed = none ? policy.minWorkers : clamp(Math.max(1, neededFor(work, arriving, policy)), policy);
  return { ...state, ...held(present, needed, before?.low ?? null, load.at, policy.holdS) };
}

/**
 * Workers that do what is queued of one version within the target, by itself: no memory, no hysteresis. One at least while
 * anything is open or a pool is never without.
 */
export function workersFor(
  queue: {
    queuedTokens: number;
    running: number;
    /** Of all workers that have measured it together, and how many these are. */
    tokensPerS: number;
    measuredWorkers: number;
  },
  { targetWaitS, minWorkers }: Pick<ScalingPolicy, 'targetWaitS' | 'minWorkers'>,
): number {
  const { queuedTokens, running, tokensPerS, measuredWorkers } = queue;
  const least = queuedTokens > 0 || running > 0 ? 1 : Math.min(1, minWorkers);
  if (tokensPerS <= 0 || measuredWorkers === 0) return least;
  return Math.max(least, Math.ceil((queuedTokens / tokensPerS) * (measuredWorkers / targetWaitS)));
}

function neededFor(work: number, arriving: number, { utilization, targetWaitS }: ScalingPolicy): number {
  return Math.ceil(arriving / utilization + work / targetWaitS);
}

function held(
  present: number,
  needed: number,
  low: ScalingState['low'],
  at: number,
  holdS: number,
): Pick<ScalingState, 'desired' | 'low'> {
  if (needed >= present) return { desired: needed, low: null };
  const since = low?.since ?? at;
  const most = Math.max(low?.most ?? 0, needed);
  if (at - since < holdS) return { desired: present, low: { since, most } };
  return { desired: most, low: needed < most ? { since: at, most: needed } : null };
}

/** What arrives is what was done, by the engines' own account, and what is open more than before. */
function arrivingOf(
  before: ScalingState | null,
  load: PoolLoad,
  work: number,
  speeds: ScalingState['speeds'],
): number {
  const seconds = before ? load.at - before.at : 0;
  if (!before || seconds <= 0) return before?.arriving ?? load.busy;
  // At the speeds of now: a version that is measured anew has not grown.
  const grown = work - workOf(before.tokens, speeds);
  const now = Math.max(0, load.busy + grown / seconds);
  return before.arriving + (now - before.arriving) * (1 - Math.exp(-seconds / SMOOTHING_S));
}

function tokensOf({ queues }: PoolLoad): Record<string, number> {
  return Object.fromEntries(queues.filter(({ tokens }) => tokens > 0).map(({ id, tokens }) => [id, tokens]));
}

/** Remembered while a version has a queue: a pool without workers measures nothing. */
function speedsOf(before: ScalingState | null, { queues }: PoolLoad): ScalingState['speeds'] {
  const known = queues.flatMap(({ id, tokensPerS }) => {
    const speed = tokensPerS || before?.speeds[id];
    return speed ? [[id, speed] as const] : [];
  });
  return Object.fromEntries(known);
}

/** Worker-seconds. A version that nobody has measured is taken for an average one, and for no work while none is known. */
function workOf(tokens: Record<string, number>, speeds: ScalingState['speeds']): number {
  const known = Object.values(speeds);
  const usual = known.reduce((sum, speed) => sum + speed, 0) / known.length;
  return Object.entries(tokens).reduce((sum, [id, count]) => {
    const speed = speeds[id] ?? usual;
    return Number.isFinite(speed) ? sum + count / speed : sum;
  }, 0);
}

function clamp(workers: number, { minWorkers, maxWorkers }: ScalingPolicy): number {
  return Math.min(maxWorkers, Math.max(minWorkers, workers));
}
