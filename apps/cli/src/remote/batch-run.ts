import { mkdir } from 'node:fs/promises';
import type { Batch, BodyOf, HeddleClient } from '@heddle/client';
import { isTerminalBatch } from '@heddle/contracts';
import { COMMAND } from '../command-name.js';
import { downloadFile } from './download.js';
import { CliError, EXIT } from './errors.js';
import { counting, type Durable } from './until-ended.js';
import { uploadFor } from './upload-for.js';

/** Uploads a file and makes a batch of it. */
export function createBatch(
  client: HeddleClient,
  path: string,
  body: Omit<BodyOf<'createBatch'>, 'file'>,
  signal: AbortSignal,
): Promise<Batch> {
  return uploadFor(client, { path, purpose: 'batch', signal }, (file) =>
    client.batches.create({ ...body, file }),
  );
}

/** A batch as work that is waited for. */
export function durableBatch(client: HeddleClient, id: string): Durable<Batch> {
  return {
    look: (options) => client.batches.get(id, options),
    display: counting('lines', ({ status, counts }) => ({
      status,
      total: counts.total,
      done: counts.succeeded + counts.failed + counts.canceled + counts.expired,
      failed: counts.failed,
    })),
    isTerminal: ({ status }) => isTerminalBatch(status),
    goesOn: `the batch goes on; ${COMMAND} batches watch ${id} shows it`,
  };
}

/** Writes the files of a batch that has ended into a folder. Returns their paths. */
export async function downloadFiles(
  client: HeddleClient,
  batch: Batch,
  folder: string,
  signal: AbortSignal,
): Promise<string[]> {
  await makeFolder(folder);
  const paths: string[] = [];
  for (const id of [batch.output_file, batch.error_file]) {
    if (id === null) continue;
    const file = await client.files.get(id, { signal });
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
