import { rm } from 'node:fs/promises';
import { HeddleError, toPublicId } from '@heddle/contracts';
import type { ClaimedBatch, MadeFile } from '@heddle/store';
import type { Resources } from '../resources.js';
import type { LineFile } from './line-file.js';
import { makeJobs, nextLines } from './make-jobs.js';
import { validateFile } from './validate-file.js';
import { writeFiles } from './write-files.js';

/** Between two looks at a batch that runs: no more than two changes a second are told. */
const LOOK_MS = 500;
/** Changes of progress of one batch at most, so that all of them can be kept. */
const MOST_CHANGES = 1_000;
/**
 * Estimated tokens of a tenant's batches of one version that wait or run: seconds of work, so that workers do not wait for a
 * look, and the backlog stays small whatever files hold.
 */
const OPEN = { least: 131_072, seconds: 15 };
/** Jobs are made for so long before other batches have their turn. */
const FEED_MS = 1_000;

/** When the batch is to be looked at again, in milliseconds; null when it has ended. */
export type Rest = number | null;

/**
 * Gets a batch on by one step, whatever state it is in. Each step can be repeated, so it does not matter where it breaks off.
 * `check` throws when the work is to be given up.
 */
export function advance(resources: Resources, batch: ClaimedBatch, check: () => void): Promise<Rest> {
  if (batch.state === 'validating') return validateBatch(resources, batch, check);
  if (batch.state === 'running') return runBatch(resources, batch, check);
  return finalizeBatch(resources, batch, check);
}

async function validateBatch(
  { store, artifacts, config }: Resources,
  batch: ClaimedBatch,
  check: () => void,
): Promise<Rest> {
  const { batches } = store;
  const rowDays = config.env.HEDDLE_BATCH_RETENTION_DAYS + config.env.HEDDLE_JOB_RETENTION_DAYS;
  await batches.beginValidation(batch);
  const skips = batch.invalidLines === 'skip';
  try {
    const found = await validateFile(await artifacts.read(batch.sha256), batch, async (faults) => {
      check();
      if (skips) await batches.addLineErrors(batch, faults);
    });
    const fails = found.broken || (found.errorCount > 0 && !skips);
    if (!fails) {
      await batches.start(batch, found);
      return 0;
    }
    await batches.fail(batch, found, rowDays);
  } catch (error) {
    // A dispatcher that sees another folder than the api is no reason to fail: one that sees the right one may come.
    const isGone = error instanceof HeddleError && error.code === 'artifact-corrupt';
    if (!isGone || !batch.overdue) throw error;
    const gone = {
      line: null,
      code: error.code,
      message: 'The stored file is not there any more.',
      custom_id: null,
    };
    await batches.fail(batch, { errors: [gone], errorCount: 1 }, rowDays);
  }
  return null;
}

async function runBatch(resources: Resources, batch: ClaimedBatch, check: () => void): Promise<Rest> {
  const { store, signals } = resources;
  const least = Math.ceil(batch.total / MOST_CHANGES);
  const { open, divided } = await store.batches.collect(batch, batch.done, least);
  if (divided > 0) signals.publish('jobs-submitted', batch.versionId);
  if (batch.overdue) {
    await endOpenJobs(resources, batch, 'expired');
    await store.batches.beginFinalizing(batch);
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
  let openCost = await batches.openCost(batch.tenantId, batch.versionId);
  const until = performance.now() + FEED_MS;
  let jobs = 0;
  while (openCost < most && performance.now() < until && next.byte < batch.bytes) {
    check();
    const chunks = await artifacts.read(batch.sha256, { start: next.byte, end: batch.bytes - 1 });
    const { lines, done } = await nextLines(chunks, next);
    const invalid = await batches.invalidLines(batch.id, next.line, lines.at(-1)?.number ?? next.line);
    const { last, cost, ...made } = await makeJobs(lines, batch, invalid);
    const isEnd = done && last === (lines.at(-1) ?? null);
    next = isEnd
      ? { byte: batch.bytes, line: (last?.number ?? next.line) + 1 }
      : { byte: last!.end, line: last!.number + 1 };
    await batches.addJobs(batch, { ...made, next });
    openCost += cost;
    jobs += made.jobs.length;
    if (made.jobs.length > 0) signals.publish('jobs-submitted', batch.versionId);
  }
  return { done: next.byte >= batch.bytes, jobs };
}

async function endOpenJobs(
  { store, signals, endedJobs }: Resources,
  batch: ClaimedBatch,
  state: 'canceled' | 'expired',
): Promise<void> {
  const ended = await store.batches.endOpenJobs(batch, state);
  if (ended.length === 0) return;
  signals.publish('jobs-ended', ended.join(','));
  signals.publish('jobs-canceled', ended.join(','));
  await endedJobs.count(store, ended);
}

async function finalizeBatch(resources: Resources, batch: ClaimedBatch, check: () => void): Promise<Rest> {
  const { store, artifacts, scratch, config } = resources;
  if (batch.state === 'canceling') await endOpenJobs(resources, batch, 'canceled');
  const folder = await scratch.create();
  try {
    const openFile = () => artifacts.read(batch.sha256);
    const { output, errors, counts, tokens } = await writeFiles(store, batch, openFile, folder, check);
    const [outputFile, errorFile] = await storeFiles(resources, batch, [
      { file: output, purpose: 'batch_output' },
      { file: errors, purpose: 'batch_error' },
    ]);
    await store.batches.complete(batch, {
      state: batch.state === 'canceling' ? 'canceled' : counts.expired > 0 ? 'expired' : 'succeeded',
      counts,
      tokens,
      outputFile: outputFile!,
      errorFile: errorFile!,
      fileDays: config.env.HEDDLE_BATCH_RETENTION_DAYS,
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
      await file.close();
      const filename = `${name}.${purpose === 'batch_output' ? 'output' : 'errors'}.jsonl`;
      return { path: file.path, lines: file.lines, purpose, filename, ...digest };
    }),
  );
  const kept = made.filter(({ lines }) => lines > 0);
  const ids = await store.batches.reserveFiles(batch, batch.tenantId, kept);
  for (const { path, sha256, bytes } of kept)
    await artifacts.put(path, { digest: { sha256, bytes }, move: true });
  return made.map((file) => (file.lines > 0 ? ids[kept.indexOf(file)]! : null));
}
