import { randomBytes } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HeddleError, type VersionManifest } from '@heddle/contracts';
import type { ArtifactStore } from './artifact-store.js';
import { digestOf } from './digest.js';
import { orStorageFull } from './disk-full.js';
import { makeFolder } from './make-folder.js';

/** Names come from manifests, so from outside: one path segment, no dot in front. */
const FILE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const FILE_NAME_CHARS = 128;

/**
 * Lays the files of a version out in `dir`, all of them or none. What lies there is verified by size and digest
 * before it is used, and laid out afresh when it was changed.
 * Errors: `artifact-corrupt` when the store holds other bytes than the manifest names, or a name is not a plain
 * file name; `storage-full`.
 */
export async function materialise(
  store: ArtifactStore,
  files: VersionManifest['files'],
  dir: string,
): Promise<void> {
  for (const name of Object.keys(files)) {
    if (!FILE_NAME.test(name) || name.length > FILE_NAME_CHARS) {
      throw new HeddleError(
        'artifact-corrupt',
        `${JSON.stringify(name)} is not a name of an artefact's file.`,
      );
    }
  }
  if ((await firstDifference(files, dir)) === null) return;
  await orStorageFull(() => layOut(store, files, dir));
}

async function layOut(store: ArtifactStore, files: VersionManifest['files'], dir: string): Promise<void> {
  const temporary = `${dir}.${randomBytes(6).toString('hex')}.tmp`;
  await makeFolder(temporary);
  try {
    for (const [name, { sha256 }] of Object.entries(files)) await store.fetch(sha256, join(temporary, name));
    const different = await firstDifference(files, temporary);
    if (different !== null) {
      throw new HeddleError(
        'artifact-corrupt',
        `${different} in the artefact store is not what the manifest names.`,
      );
    }
    await makeFolder(dirname(dir));
    await replace(temporary, dir, files);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The first file that is missing or has other bytes, or null. */
async function firstDifference(files: VersionManifest['files'], dir: string): Promise<string | null> {
  for (const [name, expected] of Object.entries(files)) {
    const path = join(dir, name);
    const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
      throw error;
    });
    if (!info?.isFile() || info.size !== expected.bytes) return name;
    if ((await digestOf(path)).sha256 !== expected.sha256) return name;
  }
  return null;
}

/** Two workers of one machine may do this at once: the loser finds the winner's files in place and keeps them. */
async function replace(source: string, target: string, files: VersionManifest['files']): Promise<void> {
  const moved = await rename(source, target).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
      throw error;
    },
  );
  if (moved || (await firstDifference(files, target)) === null) return;
  await rm(target, { recursive: true, force: true });
  await rename(source, target);
}
