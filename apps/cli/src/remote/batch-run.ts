import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Batch, isTerminalBatch, type StoredFile } from '@heddle/contracts';
import { COMMAND } from '../command-name.js';
import { BatchProgress } from './batch-progress.js';
import type { Client } from './client.js';
import { downloadFile } from './download.js';
import { CliError, EXIT } from './errors.js';
import { once } from './models.js';
import { segment } from './options.js';
import { startProgress } from './progress.js';
import { uploadOf } from './upload.js';

/** The file is the batch's alone: it goes by itself, long after the longest batch. */
const EXPIRES_IN_S = 2_592_000;
/** Each look at a batch that is waited for lasts this long, and shows how far it is. */
const LOOK_S = 1;
/** A server that cannot be reached is tried for so long: it may be restarting. */
const PATIENCE_MS = 600_000;

/** Failures that pass by themselves. */
const AWAY: ReadonlySet<number> = new Set([EXIT.network, EXIT.capacity]);

/** Uploads a file and makes a batch of it. */
export async function createBatch(
  client: Client,
  path: string,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Batch> {
  const progress = startProgress();
  const name = basename(path);
  const fields = { purpose: 'batch', expires_in_s: String(EXPIRES_IN_S) };
  try {
    const upload = await uploadOf({ path, name }, fields, (sent, total) =>
      progress.show(`uploading ${name}`, Math.floor((100 * sent) / Math.max(1, total))),
    );
    const { id } = await client.request<StoredFile>('POST', '/v1/files', { upload, headers: once(), signal });
    return await client.request<Batch>('POST', '/v1/batches', {
      body: { ...body, file: id },
      headers: once(),
    });
  } finally {
    progress.end();
  }
}

/**
 * The batch when it has ended; shows how far it is meanwhile. A server that is away or busy meanwhile is asked again, for ten
 * minutes. Throws CliError.
 */
export async function untilEnded(
  client: Client,
  batch: Batch,
  { timeoutS, signal }: { timeoutS: number; signal: AbortSignal },
): Promise<Batch> {
  const goesOn = `the batch goes on; ${COMMAND} batches watch ${batch.id} shows it`;
  const deadline = performance.now() + timeoutS * 1000;
  const progress = new BatchProgress();
  let now = batch;
  let answeredAt = performance.now();
  try {
    for (;;) {
      progress.show(now);
      if (isTerminalBatch(now.status)) return now;
      if (performance.now() > deadline) throw new CliError(`not ended in time; ${goesOn}`, EXIT.waitTimeout);
      const headers = { prefer: `wait=${LOOK_S}` };
      const askedAt = performance.now();
      try {
        now = await client.request<Batch>('GET', `/v1/batches/${segment(batch.id)}`, { headers, signal });
        answeredAt = performance.now();
      } catch (error) {
        if (signal.aborted) throw new CliError(`interrupted; ${goesOn}`, EXIT.interrupted);
        if (!(error instanceof CliError)) throw error;
        const mayPass = AWAY.has(error.exitStatus) && performance.now() - answeredAt < PATIENCE_MS;
        if (!mayPass) throw new CliError(`${error.message}\n${goesOn}`, error.exitStatus);
      }
      // Where no wait was granted, or nobody answered.
      const restMs = LOOK_S * 1000 - (performance.now() - askedAt);
      if (restMs > 0 && !isTerminalBatch(now.status))
        await sleep(restMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    progress.end();
  }
}

/** Writes the files of a batch that has ended into a folder. Returns their paths. */
export async function downloadFiles(
  client: Client,
  batch: Batch,
  folder: string,
  signal: AbortSignal,
): Promise<string[]> {
  await makeFolder(folder);
  const paths: string[] = [];
  for (const id of [batch.output_file, batch.error_file]) {
    if (id === null) continue;
    const file = await client.request<StoredFile>('GET', `/v1/files/${segment(id)}`, { signal });
    // Its name has the batch's id: what is there under it is the same file.
    paths.push(
      await downloadFile(client, file, { out: folder, force: true, onBytes: () => signal.throwIfAborted() }),
    );
  }
  return paths;
}

/** Makes the folder that files of a batch are to be in. Throws CliError. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`${folder} cannot be made (${error.code})`, EXIT.usage);
  });
}

/** A batch as an exit status: 0 only when every line has an output. */
export function exitStatusOf({ status, counts }: Batch): number {
  return status === 'succeeded' && counts.succeeded === counts.total ? EXIT.ok : EXIT.jobFailed;
}
