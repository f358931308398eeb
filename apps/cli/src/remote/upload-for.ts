import { basename } from 'node:path';
import type { HeddleClient } from '@heddle/client';
import { oneLine } from '@heddle/contracts';
import { CliError, cliErrorOf, EXIT } from './errors.js';
import { startProgress } from './progress.js';
import { sourceOf } from './upload.js';

/** The file is for one use: it goes by itself, long after the longest of them. */
const EXPIRES_IN_S = 2_592_000;
/** Nobody knows then whether what was asked for exists. */
const UNSURE: ReadonlySet<number> = new Set([EXIT.network, EXIT.interrupted]);

/**
 * Uploads a file and makes something of it, which `create` asks for with the file's id. What is refused leaves no file. Throws
 * CliError.
 */
export async function uploadFor<T>(
  client: HeddleClient,
  { path, purpose, signal }: { path: string; purpose: 'batch' | 'dataset'; signal: AbortSignal },
  create: (file: string) => Promise<T>,
): Promise<T> {
  const id = await upload(client, path, purpose, signal);
  try {
    return await create(id);
  } catch (error) {
    const known = cliErrorOf(error);
    if (!known || UNSURE.has(known.exitStatus)) throw error;
    await client.files.delete(id).catch((failure: Error) => {
      throw new CliError(`${known.message}\n${id} is left: ${failure.message}`, known.exitStatus);
    });
    throw error;
  }
}

async function upload(
  client: HeddleClient,
  path: string,
  purpose: 'batch' | 'dataset',
  signal: AbortSignal,
): Promise<string> {
  const progress = startProgress();
  const name = basename(path);
  try {
    const source = await sourceOf(path, (percent) => progress.show(`uploading ${oneLine(name)}`, percent));
    const fields = { purpose, filename: name, expires_in_s: EXPIRES_IN_S };
    return (await client.files.upload(source, fields, { signal })).id;
  } finally {
    progress.end();
  }
}
