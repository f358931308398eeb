import { constants } from 'node:fs';
import { access, copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import type { ArtifactStore } from './artifact-store.js';
import { digestOf } from './digest.js';
import { absent, keyOf } from './key.js';
import { openScratch, type Scratch } from './scratch.js';

/** An artefact store in a folder: `<root>/ab/ab12…`, copies under way in `<root>/tmp`. Any number of processes may share it. */
export function openFolderStore(root: string): ArtifactStore {
  let scratch: Promise<Scratch> | undefined;
  const pathOf = (sha256: string) => join(root, keyOf(sha256));
  const has = (sha256: string) =>
    access(pathOf(sha256)).then(
      () => true,
      () => false,
    );

  return {
    // Its folder is made when it is first needed.
    check: async () => undefined,
    has,
    put: async (path, { digest: known, move = false } = {}) => {
      const digest = known ?? (await digestOf(path));
      const target = pathOf(digest.sha256);
      if (await has(digest.sha256)) return digest;
      await mkdir(dirname(target), { recursive: true });
      if (move && (await moveDurably(path, target))) return digest;
      scratch ??= openScratch(join(root, 'tmp'));
      await copyDurably(path, target, await (await scratch).create());
      return digest;
    },
    fetch: async (sha256, path) => {
      // A copy of its own (shared blocks where the file system can): a link would let a change spread.
      await copyFile(pathOf(sha256), path, constants.COPYFILE_FICLONE).catch(
        (cause: NodeJS.ErrnoException) => {
          if (cause.code === 'ENOSPC') throw full(cause);
          throw cause.code === 'ENOENT' ? absent(sha256, cause) : cause;
        },
      );
    },
    read: async (sha256, range) => {
      const file = await open(pathOf(sha256)).catch((cause: NodeJS.ErrnoException) => {
        throw cause.code === 'ENOENT' ? absent(sha256, cause) : cause;
      });
      return file.createReadStream(range);
    },
    remove: (sha256) => rm(pathOf(sha256), { force: true }),
  };
}

/** False when the file lies on another file system. */
async function moveDurably(source: string, target: string): Promise<boolean> {
  await sync(source);
  try {
    await rename(source, target);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false;
    throw error;
  }
}

/** Under its final name there is only ever a complete file, also after a power failure. */
async function copyDurably(source: string, target: string, temporaryDir: string): Promise<void> {
  const temporary = join(temporaryDir, 'copy');
  try {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    await sync(temporary);
    await rename(temporary, target);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'ENOSPC' ? full(cause) : cause;
  } finally {
    await rm(temporaryDir, { recursive: true, force: true });
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function full(cause: unknown): HeddleError {
  return new HeddleError('storage-full', 'The disk of the artefact store is full.', { cause });
}
