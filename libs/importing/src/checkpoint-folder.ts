import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { extractArchive } from '@heddle/checkpoint';
import type { CheckpointSource } from './protocol.js';

/** The owner's own texts, where they lie beside the checkpoint (`ImportWishes.calibration`). */
const CALIBRATION_FILE = 'calibration.jsonl';

/** The folder of a checkpoint; an archive is unpacked to `target`. Errors: those of `extractArchive`. */
export async function openFolder(source: CheckpointSource, target: string): Promise<string> {
  if ('folder' in source) return source.folder;
  await extractArchive(source.archive, target);
  return target;
}

/** The calibration texts that came with a checkpoint; undefined when there are none. */
export async function calibrationOf(folder: string): Promise<string | undefined> {
  const path = join(folder, CALIBRATION_FILE);
  return access(path).then(
    () => path,
    () => undefined,
  );
}
