import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import type { CheckpointSource } from './protocol.js';

const CONFIG_FILE = 'config.json';

/**
 * The folder of a checkpoint; an archive is unpacked to `target`, where the checkpoint may lie at the top or in the
 * one folder that is there, as people pack it.
 */
export async function openFolder(source: CheckpointSource, target: string): Promise<string> {
  if ('folder' in source) return source.folder;
  void target;
  throw new HeddleError('not-a-checkpoint', 'archives cannot be read');
}

/** The top folder, or the only folder in it when that holds the configuration. */
export async function checkpointIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.name === CONFIG_FILE)) return folder;
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  for (const candidate of folders) {
    const found = await access(join(candidate, CONFIG_FILE)).then(
      () => true,
      () => false,
    );
    if (found && folders.length === 1) return candidate;
  }
  return folder;
}
