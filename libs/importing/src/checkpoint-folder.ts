import { extractArchive } from '@heddle/checkpoint';
import type { CheckpointSource } from './protocol.js';

/** The folder of a checkpoint; an archive is unpacked to `target`. Errors: those of `extractArchive`. */
export async function openFolder(source: CheckpointSource, target: string): Promise<string> {
  if ('folder' in source) return source.folder;
  await extractArchive(source.archive, target);
  return target;
}
