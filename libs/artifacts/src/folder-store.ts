import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import type { ArtifactStore } from './artifact-store.js';
import { digestOf } from './digest.js';

const SHA256 = /^[0-9a-f]{64}$/;

/** An artefact store in a folder: `<root>/ab/ab12…`. Any number of processes may share it. */
export function openFolderStore(root: string): ArtifactStore {
  const pathOf = (sha256: string) => {
    if (!SHA256.test(sha256))
      throw new HeddleError('artifact-corrupt', 'An artefact is named by 64 hex digits.');
    return join(root, sha256.slice(0, 2), sha256);
  };
  const has = (sha256: string) =>
    access(pathOf(sha256)).then(
      () => true,
      () => false,
    );

  return {
    has,
    put: async (path) => {
      const digest = await digestOf(path);
      const target = pathOf(digest.sha256);
      if (await has(digest.sha256)) return digest;
      await mkdir(dirname(target), { recursive: true });
      await copyDurably(path, target);
      return digest;
    },
    fetch: async (sha256, path) => {
      // A copy of its own (shared blocks where the file system can): a link would let a change spread.
      await copyFile(pathOf(sha256), path, constants.COPYFILE_FICLONE).catch(
        (cause: NodeJS.ErrnoException) => {
          if (cause.code === 'ENOSPC') throw full(cause);
          if (cause.code === 'ENOENT') {
            throw new HeddleError('artifact-corrupt', `Artefact ${sha256} is not in the store.`, { cause });
          }
          throw cause;
        },
      );
    },
    remove: (sha256) => rm(pathOf(sha256), { force: true }),
  };
}

/** Under its final name there is only ever a complete file, also after a power failure. */
async function copyDurably(source: string, target: string): Promise<void> {
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    const file = await open(temporary, 'r+');
    await file.sync();
    await file.close();
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true });
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') throw full(cause);
    throw cause;
  }
}

function full(cause: unknown): HeddleError {
  return new HeddleError('storage-full', 'The disk of the artefact store is full.', { cause });
}
