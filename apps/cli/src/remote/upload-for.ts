import { basename } from 'node:path';
import { oneLine, type StoredFile } from '@heddle/contracts';
import type { Client } from './client.js';
import { CliError, EXIT } from './errors.js';
import { once } from './models.js';
import { segment } from './options.js';
import { startProgress } from './progress.js';
import { uploadOf } from './upload.js';

/** The file is for one use: it goes by itself, long after the longest of them. */
const EXPIRES_IN_S = 2_592_000;
/** Nobody knows then whether what was asked for exists. */
const UNSURE: ReadonlySet<number> = new Set([EXIT.network, EXIT.interrupted]);

/**
 * Uploads a file and makes something of it, which `create` asks for with the file's id. What is refused leaves no file. Throws
 * CliError.
 */
export async function uploadFor<T>(
  client: Client,
  { path, purpose, signal }: { path: string; purpose: 'batch' | 'dataset'; signal: AbortSignal },
  create: (file: string) => Promise<T>,
): Promise<T> {
  const id = await upload(client, path, purpose, signal);
  try {
    return await create(id);
  } catch (error) {
    if (!(error instanceof CliError) || UNSURE.has(error.exitStatus)) throw error;
    await client.request('DELETE', `/v1/files/${segment(id)}`).catch((failure: Error) => {
      throw new CliError(`${error.message}\n${id} is left: ${failure.message}`, error.exitStatus);
    });
    throw error;
  }
}

async function upload(
  client: Client,
  path: string,
  purpose: 'batch' | 'dataset',
  signal: AbortSignal,
): Promise<string> {
  const progress = startProgress();
  const name = basename(path);
  const fields = { purpose, expires_in_s: String(EXPIRES_IN_S) };
  try {
    const body = await uploadOf({ path, name }, fields, (sent, total) =>
      progress.show(`uploading ${oneLine(name)}`, Math.floor((100 * sent) / Math.max(1, total))),
    );
    const request = { upload: body, headers: once(), signal };
    return (await client.request<StoredFile>('POST', '/v1/files', request)).id;
  } finally {
    progress.end();
  }
}
