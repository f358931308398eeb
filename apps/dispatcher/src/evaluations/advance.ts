import {
  type ErrorCode,
  type EvaluationError,
  HeddleError,
  type ItemError,
  toPublicId,
} from '@heddle/contracts';
import type { ClaimedEvaluation } from '@heddle/store';
import type { Resources } from '../resources.js';
import { assertRoom, collectAnswers } from './collect.js';
import type { Readers } from './examples.js';
import { readThrough } from './read-through.js';
import { resultOf } from './report.js';
import { Busy } from './turn.js';

/** Between two looks at an evaluation that runs. */
const LOOK_MS = 500;
/** Estimated tokens of an evaluation that wait or run, and jobs: seconds of work, so that workers do not wait for a look. */
const OPEN = { least: 131_072, seconds: 15, jobs: 4_096 };
/** Answers are kept and jobs are made for so long before other evaluations have their turn. */
const STEP_MS = 1_000;
/** Until an evaluation asks again whose turn it is not yet. */
const BUSY_MS = 1_000;
/** Changes of progress that are told of one evaluation at most, so that all of them can be kept. */
const MOST_CHANGES = 1_000;
/** The longest that a timer takes. */
const MOST_TIMEOUT_MS = 2 ** 31 - 1;

/** Thrown where the deadline passes in the middle of a step. */
class Overdue extends Error {}

/** When the evaluation is to be looked at again, in milliseconds; null when it has ended. */
export type Rest = number | null;

/** Errors that another try would not mend. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'validation',
  'task-not-supported',
  'empty-file',
  'not-utf8',
  'too-many-lines',
  'payload-too-large',
  'all-items-failed',
  'output-too-large',
  'invalid-input',
  'text-too-long',
]);

/**
 * Gets an evaluation on by one step, until its deadline. Each step can be repeated, so it does not matter where it breaks off. `given`:
 * aborted when the work is to be given up. What fails is thrown, unless it would fail again.
 */
export async function advance(
  resources: Resources,
  readers: Readers,
  evaluation: ClaimedEvaluation,
  given: AbortSignal,
): Promise<Rest> {
  const deadline = new AbortController();
  const signal = AbortSignal.any([given, deadline.signal]);
  const timer = setTimeout(
    () => deadline.abort(new Overdue()),
    Math.min(Math.max(0, evaluation.leftMs), MOST_TIMEOUT_MS),
  );
  try {
    if (evaluation.leftMs <= 0) return await expire(resources, evaluation);
    if (evaluation.state === 'queued') return await begin(resources, readers, evaluation, signal);
    return await run(resources, readers, evaluation, signal);
  } catch (error) {
    if (error instanceof Busy) return BUSY_MS;
    if (error instanceof Overdue) return await expire(resources, evaluation);
    if (!(error instanceof HeddleError) || !FINAL.has(error.code)) throw error;
    given.throwIfAborted();
    return await fail(resources, evaluation, [{ line: null, code: error.code, message: error.message }]);
  } finally {
    clearTimeout(timer);
  }
}

async function begin(
  resources: Resources,
  { turns }: Readers,
  evaluation: ClaimedEvaluation,
  signal: AbortSignal,
): Promise<Rest> {
  const found = await readThrough(resources, evaluation, signal, turns.wholeFiles);
  const isRefused = !found.isWhole || (found.errorCount > 0 && evaluation.invalidLines === 'reject');
  if (isRefused || found.items === 0) {
    const none: EvaluationError = {
      line: null,
      code: 'empty-file',
      message: 'The data set has no examples.',
    };
    const errors = found.errorCount > 0 ? found.errors : [none];
    return fail(resources, evaluation, errors, Math.max(1, found.errorCount));
  }
  await resources.store.evaluations.start(evaluation, found);
  return 0;
}

async function run(
  resources: Resources,
  readers: Readers,
  evaluation: ClaimedEvaluation,
  signal: AbortSignal,
): Promise<Rest> {
  const { store } = resources;
  assertRoom(evaluation.outputBytes);
  const until = performance.now() + STEP_MS;
  while ((await collectAnswers(resources, evaluation, signal)) > 0 && performance.now() < until);
  const all = evaluation.items * (evaluation.baselineVersionId ? 2 : 1);
  await store.evaluations.tellProgress(evaluation, { all, least: Math.ceil(all / MOST_CHANGES) });
  const fed = await feed(resources, readers, evaluation, signal);
  const open = await store.evaluations.openWork(evaluation.id);
  if (fed < evaluation.items || open.jobs > 0) return LOOK_MS;
  const result = await resultOf(store, evaluation, signal, readers.turns.reports);
  await end(resources, evaluation, { state: 'succeeded', result });
  return null;
}

/** Makes jobs of the next examples while few are open. Returns how many examples have been made into jobs. */
async function feed(
  { store, signals }: Resources,
  readers: Readers,
  evaluation: ClaimedEvaluation,
  signal: AbortSignal,
): Promise<number> {
  const { evaluations } = store;
  let { fed } = evaluation;
  if (fed >= evaluation.items) return fed;
  const speed = (await store.workers.throughput()).get(evaluation.versionId) ?? 0;
  const most = Math.max(OPEN.least, OPEN.seconds * speed);
  const open = await evaluations.openWork(evaluation.id);
  const until = performance.now() + STEP_MS;
  const versions = [evaluation.versionId, evaluation.baselineVersionId].filter((id) => id !== null);
  while (fed < evaluation.items && open.cost < most && open.jobs < OPEN.jobs && performance.now() < until) {
    const made = await readers.nextWindow({ ...evaluation, fed }, signal, (examples) =>
      evaluations.addExamples(evaluation, examples),
    );
    if (made.items.length === 0)
      throw new HeddleError('validation', 'The data set has fewer examples than when it was read first.');
    fed = made.fed;
    open.jobs += made.jobs.length * versions.length;
    open.cost += made.jobs.reduce((sum, { cost }) => sum + cost, 0) * versions.length;
    signals.publish('jobs-submitted', versions.join(','));
  }
  if (fed >= evaluation.items) await readers.forget(evaluation.id);
  return fed;
}

async function expire(resources: Resources, evaluation: ClaimedEvaluation): Promise<Rest> {
  const error: ItemError = {
    code: 'deadline-exceeded',
    message: 'The evaluation did not end before its deadline.',
  };
  await end(resources, evaluation, { state: 'expired', errors: [{ line: null, ...error }], errorCount: 1 });
  return null;
}

async function fail(
  resources: Resources,
  evaluation: ClaimedEvaluation,
  errors: EvaluationError[],
  errorCount = errors.length,
): Promise<Rest> {
  await end(resources, evaluation, { state: 'failed', errors, errorCount });
  return null;
}

async function end(
  { store, config, logger }: Resources,
  evaluation: ClaimedEvaluation,
  ending: Parameters<Resources['store']['evaluations']['end']>[1],
): Promise<void> {
  await store.evaluations.end(evaluation, ending, config.env.HEDDLE_BATCH_RETENTION_DAYS);
  logger.info(
    { evaluation: toPublicId('evaluation', evaluation.id), state: ending.state },
    'evaluation ended',
  );
}
