/** A disk of its own that can be full. */
import { execFile } from 'node:child_process';
import { open, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestFolder } from '@heddle/testing';

const run = promisify(execFile);
/** Sizes of what is written to fill it: large first, then what fits beside it. */
const CHUNKS = [1024 ** 2, 4096];

/** Whether this process may mount a file system. */
export async function canMount() {
  try {
    const volume = await mountVolume(1);
    await volume.unmount();
    return true;
  } catch {
    return false;
  }
}

/** A file system of `mib` MiB in memory, mounted at `folder` (Linux). */
export async function mountVolume(mib) {
  const folder = await createTestFolder('heddle-chaos-volume-');
  await run('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=755`, 'tmpfs', folder]).catch(async (error) => {
    await rmdir(folder);
    throw error;
  });
  const ballast = join(folder, 'ballast');
  return {
    folder,
    /** Leaves no room for a page. */
    fill: async () => {
      const file = await open(ballast, 'w');
      for (const bytes of CHUNKS) await writeUntilFull(file, Buffer.alloc(bytes));
      await file.close();
    },
    free: () => rm(ballast),
    unmount: async () => {
      await run('umount', [folder]);
      await rmdir(folder);
    },
  };
}

async function writeUntilFull(file, chunk) {
  for (;;) {
    try {
      // What was cut short is as full as can be.
      if ((await file.write(chunk)).bytesWritten < chunk.length) return;
    } catch (error) {
      if (error.code === 'ENOSPC') return;
      throw error;
    }
  }
}
