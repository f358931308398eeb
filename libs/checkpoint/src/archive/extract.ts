import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import { ByteFile, type RefusalCodes } from '../bytes/byte-file.js';
import { type ArchiveEntry, type EntryWalk, entryWalk } from './archive-entries.js';
import { shown } from './entry-name.js';
import { type ExtractionPlan, planExtraction } from './plan.js';

/** The largest DeBERTa takes 6 GB in one format; people pack several. */
const DEFAULT_MAX_BYTES = 32 * 1024 ** 3;

const ARCHIVE: RefusalCodes = { malformed: 'unsafe-archive', limits: 'archive-limits' };

export interface ExtractArchiveOptions {
  /** Unpacked bytes of all files together, those included that are left out. */
  maxBytes?: number;
}

/**
 * Unpacks the checkpoint in a .tar, .tar.gz or .zip into a folder: the files at its top, or in its single top
 * folder, without that folder. The whole archive is checked before anything is written; only plain files are.
 * Resolves with their names. Throws `unsafe-archive`, `archive-limits`, `not-a-checkpoint` for an archive
 * without files, `already-exists`, `storage-full`; after an error nothing of the archive is left.
 */
export async function extractArchive(
  path: string,
  outDir: string,
  options: ExtractArchiveOptions = {},
): Promise<string[]> {
  const file = await ByteFile.open(path, ARCHIVE);
  try {
    const walk = await entryWalk(file);
    const plan = await planExtraction(file, walk, options.maxBytes ?? DEFAULT_MAX_BYTES);
    await writeFiles(file, walk, plan, outDir);
    return [...plan.values()].map(({ name }) => name).sort();
  } finally {
    await file.close();
  }
}

async function writeFiles(
  file: ByteFile,
  walk: EntryWalk,
  plan: ExtractionPlan,
  outDir: string,
): Promise<void> {
  const createdFolder = await mkdir(outDir, { recursive: true }).catch((error: unknown) => {
    throw translate(error);
  });
  const created: string[] = [];
  try {
    for await (const entry of walk()) {
      const planned = plan.get(entry.name);
      if (planned === undefined || entry.folder) continue;
      if (planned.bytes !== entry.bytes) file.refuse('changed while it was read');
      const target = join(outDir, planned.name);
      await writeFile(file, entry, target, () => created.push(target));
    }
    if (created.length !== plan.size) file.refuse('changed while it was read');
  } catch (error) {
    for (const target of created) await rm(target, { force: true });
    if (createdFolder !== undefined) await rm(createdFolder, { recursive: true, force: true });
    throw translate(error);
  }
}

/** `onCreated` is called as soon as there is something to remove. */
async function writeFile(
  file: ByteFile,
  entry: ArchiveEntry,
  path: string,
  onCreated: () => void,
): Promise<void> {
  // Never over anything, never through a link.
  const target = await open(path, 'wx');
  onCreated();
  try {
    let written = 0;
    for await (const chunk of entry.content()) {
      let done = 0;
      while (done < chunk.length) done += (await target.write(chunk, done)).bytesWritten;
      written += chunk.length;
    }
    if (written !== entry.bytes) file.refuse(`holds ${shown(entry.name)}, which is shorter than declared`);
  } finally {
    await target.close();
  }
}

function translate(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HeddleError('storage-full', 'the disk is full; nothing of the archive was kept', {
      cause: error,
    });
  }
  if (code === 'EEXIST') {
    return new HeddleError('already-exists', 'the folder holds a file of the archive already', {
      cause: error,
    });
  }
  return error;
}
