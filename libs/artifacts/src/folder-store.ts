import { constants } from 'node:fs';
import { access, copyFile, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import type { ArtifactStore, ListedArtifact } from './artifact-store.js';
import { digestOf } from './digest.js';
import { orStorageFull } from './disk-full.js';
import { absent, digestIn, keyOf } from './key.js';
import { makeFolder } from './make-folder.js';
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
    check: () => assertUsable(root),
    has,
    put: (path, { digest: known, move = false } = {}) =>
      orStorageFull(async () => {
        const digest = known ?? (await digestOf(path));
        const target = pathOf(digest.sha256);
        if (await has(digest.sha256)) return digest;
        await makeFolder(dirname(target));
        if (move && (await moveDurably(path, target))) return digest;
        scratch ??= openScratch(join(root, 'tmp'));
        await copyDurably(path, target, await (await scratch).create());
        return digest;
      }),
    fetch: async (sha256, path) => {
      const source = pathOf(sha256);
      // A copy of its own (shared blocks where the file system can): a link would let a change spread.
      await orStorageFull(() => copyFile(source, path, constants.COPYFILE_FICLONE)).catch(
        (cause: NodeJS.ErrnoException) => {
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
    list: () => listFolder(root),
    remove: (sha256) => rm(pathOf(sha256), { force: true }),
  };
}

async function* listFolder(root: string): AsyncGenerator<ListedArtifact> {
  for (const folder of await namesIn(root)) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue;
    for (const name of await namesIn(join(root, folder))) {
      const sha256 = digestIn(`${folder}/${name}`);
      const info = sha256 && (await stat(join(root, folder, name)).catch(orGone));
      if (info) yield { sha256, bytes: info.size, putAt: info.mtime };
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(orGone)) ?? [];
}

function orGone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

/** The folder is made when it is first needed: until then the nearest one above it must take it. */
async function assertUsable(folder: string): Promise<void> {
  try {
    const there = await nearest(folder);
    if (!(await stat(there)).isDirectory()) throw Object.assign(new Error(there), { code: 'ENOTDIR' });
    await access(there, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const detail = `${folder} cannot be written (${code}): check HEDDLE_ARTIFACTS_DIR.`;
    throw new HeddleError('artifacts-unavailable', detail, { cause });
  }
}

/** The path, or the first above it that is there. */
async function nearest(path: string): Promise<string> {
  const error = await stat(path).then(
    () => null,
    (reason: NodeJS.ErrnoException) => reason,
  );
  if (error === null) return path;
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
  return nearest(dirname(path));
}

/** False when the file lies on another file system. */
async function moveDurably(source: string, target: string): Promise<boolean> {
  await touch(source);
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
    await touch(temporary);
    await sync(temporary);
    await rename(temporary, target);
  } finally {
    await rm(temporaryDir, { recursive: true, force: true });
  }
}

/** Its age in the store counts from now on, not that of the file it was. */
function touch(path: string): Promise<void> {
  const now = new Date();
  return utimes(path, now, now);
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
