import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { type BatchError, HeddleError, LIMITS, toPublicId } from '@heddle/contracts';
import { type ClaimedBatch, type EndedAs, LeaseLost, type MadeFile } from '@heddle/store';
import { logFailure } from '@heddle/telemetry';
import type { Resources } from '../resources.js';
import { openaiOriginOf } from './dialect.js';
import type { LineFile } from './line-file.js';
import { FEW_JOBS, makeJobs, nextLines, ONE_BY_ONE } from './make-jobs.js';
import { sameModelAs } from './same-model.js';
import { checked } from './turns.js';
import { validateFile } from './validate-file.js';
import { TooManyLines, writeFiles } from './write-files.js';

/** Between two looks at a batch that runs: no more than two changes a second are told. */
const LOOK_MS = 500;
/** Changes of progress of one batch at most, so that all of them can be kept. */
const MOST_CHANGES = 1_000;
/**
 * Estimated tokens of a tenant's batches of one version that wait or run: seconds of work, so that workers do not wait for a
 * look, and the backlog stays small whatever files hold. `jobs`: how many they may be made into.
 */
const OPEN = { least: 131_072, seconds: 15, jobs: 4_096 };
/** Jobs are made for so long before other batches have their turn. */
const FEED_MS = 1_000;

/** When the batch is to be looked at again, in milliseconds; null when it has ended. */
export type Rest = number | null;

/**
 * Gets a batch on by one step, whatever state it is in. Each step can be repeated, so it does not matter where it breaks off.
 * `check` throws when the work is to be given up. What fails is thrown, and ends a batch that has had time enough.
 */
export async function advance(resources: Resources, batch: ClaimedBatch, check: () => void): Promise<Rest> {
  try {
    if (batch.state === 'validating') return await validateBatch(resources, batch, check);
    if (batch.state === 'running') return await runBatch(resources, batch, check);
    return await finalizeBatch(resources, batch, check);
  } catch (error) {
    const isTold = error instanceof TooManyLines;
    if (error instanceof LeaseLost || (!isTold && !batch.lapsed)) throw error;
    check();
    if (!isTold) logFailure(resources.logger, 'batches', error, { batch: batch.id });
    await endOpenJobs(resources, batch, batch.state === 'canceling' ? 'canceled' : 'expired');
    await endWithout(resources, batch, isTold ? error.found : faultOf(error));
    return null;
  }
}

/** What a batch that could not be got on shows of it: of an unexpected error only that there was one. */
function faultOf(error: unknown): BatchError {
  const known =
    error instanceof HeddleError ? error : new HeddleError('internal', 'The batch could not be run.');
  return { line: null, code: known.code, message: known.message, custom_id: null };
}

/** Ends a batch for whose lines there will be no answers. */
async function endWithout(
  { store, config }: Resources,
  batch: ClaimedBatch,
  error: BatchError,
): Promise<void> {
  const state = batch.state === 'canceling' ? 'canceled' : 'failed';
  await store.batches.fail(batch, { errors: [error], errorCount: 1, state }, rowDaysOf(config));
}

function rowDaysOf({ env }: Resources['config']): number {
  return env.HEDDLE_BATCH_RETENTION_DAYS + env.HEDDLE_JOB_RETENTION_DAYS;
}

async function validateBatch(resources: Resources, batch: ClaimedBatch, check: () => void): Promise<Rest> {
  const { artifacts, config } = resources;
  const { batches } = resources.store;
  await batches.beginValidation(batch);
  const skips = batch.invalidLines === 'skip';
  try {
    const hash = createHash('sha256');
    const chunks = checked(await artifacts.read(batch.sha256), (chunk) => {
      check();
      hash.update(chunk);
    });
    const rules = { lines: batch, isSameModel: sameModelAs(resources.store, batch) };
    const found = await validateFile(chunks, rules, async (faults) => {
      if (skips) await batches.addLineErrors(batch, faults);
    });
    // What has too many lines is not read to its end.
    if (found.total <= LIMITS.maxBatchLines && hash.digest('hex') !== batch.sha256)
      throw new HeddleError('artifact-corrupt', 'The stored file is not what was uploaded.');
    const fails = found.broken || (found.errorCount > 0 && !skips);
    if (!fails) {
      await batches.start(batch, found);
      return 0;
    }
    await batches.fail(batch, found, rowDaysOf(config));
  } catch (error) {
    // A dispatcher that sees another folder than the api is no reason to fail: one that sees the right one may come.
    const isGone = error instanceof HeddleError && error.code === 'artifact-corrupt';
    if (!isGone || !batch.overdue) throw error;
    await endWithout(resources, batch, {
      ...faultOf(error),
      message: 'The stored file is not there any more, or is not what was uploaded.',
    });
  }
  return null;
}

async function runBatch(resources: Resources, batch: ClaimedBatch, check: () => void): Promise<Rest> {
  const { store, signals, config } = resources;
  const least = Math.ceil(batch.total / MOST_CHANGES);
  const left = config.env.HEDDLE_MAX_BATCH_OUTPUT_BYTES - batch.outputBytes;
  const { open, divided, bytes } = await store.batches.collect(batch, {
    done: batch.done,
    least,
    fed: batch.nextByte >= batch.bytes,
    mostBytes: batch.overdue ? -1 : left,
  });
  if (divided > 0) signals.publish('jobs-submitted', batch.versionId);
  const overfull = bytes > left;
  if (overfull || batch.overdue) {
    await endOpenJobs(resources, batch, overfull ? 'failed' : 'expired');
    await store.batches.beginFinalizing(batch, overfull);
    return 0;
  }
  const fed = await feed(resources, batch, check);
  if (open || fed.jobs > 0 || !fed.done) return LOOK_MS;
  await store.batches.beginFinalizing(batch);
  return 0;
}

/** Makes jobs of the next lines while few are open. */
async function feed(
  { store, artifacts, signals }: Resources,
  batch: ClaimedBatch,
  check: () => void,
): Promise<{ done: boolean; jobs: number }> {
  const { batches } = store;
  let next = { byte: batch.nextByte, line: batch.nextLine };
  if (next.byte >= batch.bytes) return { done: true, jobs: 0 };
  const speed = (await store.workers.throughput()).get(batch.versionId) ?? 0;
  const most = Math.max(OPEN.least, OPEN.seconds * speed);
  // Few at a time are few of that task: another batch of the version may have thousands.
  const isOneByOne = ONE_BY_ONE.has(batch.task);
  const open = await batches.openWork(batch, isOneByOne ? batch.task : null);
  const until = performance.now() + FEED_MS;
  let jobs = 0;
  const mostJobs = isOneByOne ? FEW_JOBS : OPEN.jobs;
  const hasRoom = () => open.cost < most && open.jobs < mostJobs;
  while (hasRoom() && performance.now() < until && next.byte < batch.bytes) {
    const chunks = await artifacts.read(batch.sha256, { start: next.byte, end: batch.bytes - 1 });
    const { lines, done } = await nextLines(checked(chunks, check), next);
    const invalid = await batches.invalidLines(batch.id, next.line, lines.at(-1)?.number ?? next.line);
    const { last, cost, ...made } = await makeJobs(lines, batch, invalid);
    const isEnd = done && last === (lines.at(-1) ?? null);
    next = isEnd
      ? { byte: batch.bytes, line: (last?.number ?? next.line) + 1 }
      : { byte: last!.end, line: last!.number + 1 };
    await batches.addJobs(batch, { ...made, next });
    open.cost += cost;
    open.jobs += made.jobs.length;
    jobs += made.jobs.length;
    if (made.jobs.length > 0) signals.publish('jobs-submitted', batch.versionId);
  }
  return { done: next.byte >= batch.bytes, jobs };
}

async function endOpenJobs(
  { store, signals, endedJobs }: Resources,
  batch: ClaimedBatch,
  state: EndedAs,
): Promise<void> {
  for (;;) {
    const ended = await store.batches.endOpenJobs(batch, state);
    if (ended.length === 0) return;
    signals.publish('jobs-ended', ended.join(','));
    signals.publish('jobs-canceled', ended.join(','));
    await endedJobs.count(store, ended);
  }
}

async function finalizeBatch(resources: Resources, batch: ClaimedBatch, check: () => void): Promise<Rest> {
  const { store, artifacts, scratch, config } = resources;
  if (batch.state === 'canceling') await endOpenJobs(resources, batch, 'canceled');
  const folder = await scratch.create();
  try {
    const openFile = async () => checked(await artifacts.read(batch.sha256), check);
    const { output, errors, counts, tokens } = await writeFiles(store, batch, openFile, folder, check);
    const [outputFile, errorFile] = await storeFiles(resources, batch, [
      { file: output, purpose: 'batch_output' },
      { file: errors, purpose: 'batch_error' },
    ]).finally(() => Promise.all([output.close(), errors.close()]));
    await store.batches.complete(batch, {
      state: batch.state === 'canceling' ? 'canceled' : counts.expired > 0 ? 'expired' : 'succeeded',
      counts,
      tokens,
      outputFile: outputFile!,
      errorFile: errorFile!,
      fileS: openaiOriginOf(batch)?.expiresS ?? config.env.HEDDLE_BATCH_RETENTION_DAYS * 86_400,
      rowDays: config.env.HEDDLE_JOB_RETENTION_DAYS,
    });
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts files that have lines into the store, rows first. Returns their ids, null for those without lines. */
async function storeFiles(
  { store, artifacts }: Resources,
  batch: ClaimedBatch,
  written: { file: LineFile; purpose: MadeFile['purpose'] }[],
): Promise<(string | null)[]> {
  const name = toPublicId('batch', batch.id);
  const made = await Promise.all(
    written.map(async ({ file, purpose }) => {
      const digest = await file.digest();
      const filename = `${name}.${purpose === 'batch_output' ? 'output' : 'errors'}.jsonl`;
      return { path: file.path, lines: file.lines, purpose, filename, ...digest };
    }),
  );
  const kept = made.filter(({ lines }) => lines > 0);
  const ids = await store.batches.reserveFiles(batch, batch.tenantId, kept);
  try {
    for (const { path, sha256, bytes } of kept)
      await artifacts.put(path, { digest: { sha256, bytes }, move: true });
  } catch (error) {
    // Each try makes rows of its own, which count in the tenant's quota.
    for (const id of ids) await store.files.discard(batch.tenantId, id);
    throw error;
  }
  return made.map((file) => (file.lines > 0 ? ids[kept.indexOf(file)]! : null));
}
