import { type BodyOf, type HeddleClient, NotFoundError, type Version } from '@heddle/client';
import { COMMAND } from '../command-name.js';
import { type LocalCheckpoint, localCheckpoint } from './checkpoint-files.js';
import { type Progress, startProgress } from './progress.js';
import { type Durable, untilEnded } from './until-ended.js';
import { sourceOf } from './upload.js';

/** Uploaded files are the import's alone: they go by themselves, long after the longest import. */
const EXPIRES_IN_S = 86_400;

type ImportBody = BodyOf<'importVersion'>;

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
  wishes: Omit<ImportBody, 'source'>;
}

/** Uploads a checkpoint and has it imported; waits for the end when told to. */
export async function importVersion(client: HeddleClient, options: ImportOptions): Promise<Version> {
  const checkpoint = await localCheckpoint(options.path, options.calibration);
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  const progress = startProgress();
  const uploaded: string[] = [];
  let version: Version | undefined;
  try {
    if (options.create) await makeModel(client, options.model);
    else await client.models.get(options.model);
    await uploadAll(client, checkpoint, uploaded, progress, interrupt.signal);
    const body = { source: uploadedAs(checkpoint, uploaded), ...options.wishes };
    version = await client.versions.import(options.model, body);
    if (options.wait)
      version = await untilEnded(version, durableImport(client, version, progress), {
        timeoutS: options.timeoutS,
        signal: interrupt.signal,
      });
    return version;
  } finally {
    progress.end();
    process.off('SIGINT', onInterrupt);
    // An unfinished import still needs them.
    if (!version || version.progress === null) await removeAll(client, uploaded);
  }
}

async function makeModel(client: HeddleClient, name: string): Promise<void> {
  try {
    await client.models.get(name);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    await client.models.create({ name });
  }
}

/** Adds ids to `uploaded` as they come, so that they can be removed after a failure. */
async function uploadAll(
  client: HeddleClient,
  { files }: LocalCheckpoint,
  uploaded: string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  for (const file of files) {
    progress.show(`uploading ${file.name}`);
    const source = await sourceOf(file.path, (percent) => progress.show(`uploading ${file.name}`, percent));
    const fields = { purpose: 'model', filename: file.name, expires_in_s: EXPIRES_IN_S } as const;
    uploaded.push((await client.files.upload(source, fields, { signal })).id);
  }
}

function uploadedAs({ type }: LocalCheckpoint, uploaded: string[]): ImportBody['source'] {
  return type === 'archive' ? { type, file: uploaded[0]! } : { type, files: uploaded };
}

/** An import as work that is waited for. */
function durableImport(
  client: HeddleClient,
  { model, number }: Version,
  progress: Progress,
): Durable<Version> {
  return {
    look: (options) => client.versions.get(model, number, options),
    isTerminal: (version) => version.progress === null,
    display: {
      show: ({ progress: now }) => now && progress.show(now.stage, now.percent),
      end: () => progress.end(),
    },
    goesOn: `the import goes on; ${COMMAND} versions get ${model}@${number} shows it`,
  };
}

/** What cannot be removed expires. */
async function removeAll(client: HeddleClient, files: string[]): Promise<void> {
  await Promise.allSettled(files.map((id) => client.files.delete(id)));
}
