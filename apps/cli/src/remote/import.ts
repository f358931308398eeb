import type { ImportVersionBody, StoredFile, Version } from '@heddle/contracts';
import { COMMAND } from '../command-name.js';
import { type LocalCheckpoint, localCheckpoint } from './checkpoint-files.js';
import type { Client } from './client.js';
import { CliError, EXIT } from './errors.js';
import { once } from './models.js';
import { segment } from './options.js';
import { type Progress, startProgress } from './progress.js';
import { uploadOf } from './upload.js';

/** Uploaded files are the import's alone: they go by themselves, long after the longest import. */
const EXPIRES_IN_S = 86_400;
/** Each look at an import that is waited for lasts this long, and shows how far it is. */
const LOOK_S = 1;

export interface ImportOptions {
  path: string;
  /** A file of own texts for an int8 variant. */
  calibration?: string;
  model: string;
  /** Makes the model when there is none. */
  create: boolean;
  wait: boolean;
  /** Longest wait. */
  timeoutS: number;
  wishes: Omit<ImportVersionBody, 'source' | 'notes'> & { notes?: string };
}

/** Uploads a checkpoint and has it imported; waits for the end when told to. */
export async function importVersion(client: Client, options: ImportOptions): Promise<Version> {
  const checkpoint = await localCheckpoint(options.path, options.calibration);
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  const progress = startProgress();
  const uploaded: string[] = [];
  let version: Version | undefined;
  try {
    if (options.create) await makeModel(client, options.model);
    else await client.request('GET', `/v1/models/${segment(options.model)}`);
    await uploadAll(client, checkpoint, uploaded, progress, interrupt.signal);
    const body = { source: sourceOf(checkpoint, uploaded), ...options.wishes };
    const path = `/v1/models/${segment(options.model)}/versions`;
    version = await client.request<Version>('POST', path, { body, headers: once() });
    if (options.wait)
      version = await untilEnded(client, version, options.timeoutS, progress, interrupt.signal);
    return version;
  } finally {
    progress.end();
    process.off('SIGINT', onInterrupt);
    // An unfinished import still needs them.
    if (!version || version.progress === null) await removeAll(client, uploaded);
  }
}

async function makeModel(client: Client, name: string): Promise<void> {
  try {
    await client.request('GET', `/v1/models/${segment(name)}`);
  } catch (error) {
    if (!(error instanceof CliError) || error.exitStatus !== EXIT.notFound) throw error;
    await client.request('POST', '/v1/models', { body: { name }, headers: once() });
  }
}

/** Adds ids to `uploaded` as they come, so that they can be removed after a failure. */
async function uploadAll(
  client: Client,
  { files }: LocalCheckpoint,
  uploaded: string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const fields = { purpose: 'model', expires_in_s: String(EXPIRES_IN_S) };
  for (const file of files) {
    progress.show(`uploading ${file.name}`);
    const upload = await uploadOf(file, fields, (sent, total) =>
      progress.show(`uploading ${file.name}`, Math.floor((100 * sent) / Math.max(1, total))),
    );
    const { id } = await client.request<StoredFile>('POST', '/v1/files', { upload, headers: once(), signal });
    uploaded.push(id);
  }
}

function sourceOf({ type }: LocalCheckpoint, uploaded: string[]): ImportVersionBody['source'] {
  return type === 'archive' ? { type, file: uploaded[0]! } : { type, files: uploaded };
}

async function untilEnded(
  client: Client,
  version: Version,
  timeoutS: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<Version> {
  const path = `/v1/models/${segment(version.model)}/versions/${version.number}`;
  const goesOn = `the import goes on; ${COMMAND} versions get ${version.model}@${version.number} shows it`;
  const deadline = performance.now() + timeoutS * 1000;
  let now = version;
  while (now.progress) {
    progress.show(now.progress.stage, now.progress.percent);
    if (performance.now() > deadline) throw new CliError(`not ended in time; ${goesOn}`, EXIT.waitTimeout);
    const headers = { prefer: `wait=${LOOK_S}` };
    now = await client.request<Version>('GET', path, { headers, signal }).catch((error: unknown) => {
      throw signal.aborted ? new CliError(`interrupted; ${goesOn}`, EXIT.interrupted) : error;
    });
  }
  return now;
}

/** What cannot be removed expires. */
async function removeAll(client: Client, files: string[]): Promise<void> {
  await Promise.allSettled(files.map((id) => client.request('DELETE', `/v1/files/${id}`)));
}
