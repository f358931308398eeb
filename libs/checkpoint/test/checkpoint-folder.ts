import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Checkpoint } from '../src/checkpoint.js';
import { openCheckpoint } from '../src/open.js';

/** A folder for the specs of one file; `folder()` is a new one inside it. */
export function testFolder(): {
  path: () => string;
  folder: (files?: Record<string, string | Uint8Array>) => Promise<string>;
} {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'heddle-checkpoint-'));
  });
  afterAll(() => rm(root, { recursive: true }));
  return {
    path: () => root,
    async folder(files = {}) {
      const path = await mkdtemp(join(root, 'folder-'));
      for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
      return path;
    },
  };
}

/** Every tensor of the checkpoint in a folder. */
export async function readAll(dir: string, prefer?: string): Promise<Map<string, Float32Array>> {
  return withCheckpoint(dir, prefer, async (checkpoint) => {
    const values = new Map<string, Float32Array>();
    for (const name of checkpoint.names) values.set(name, await checkpoint.read(name));
    return values;
  });
}

export async function withCheckpoint<T>(
  dir: string,
  prefer: string | undefined,
  use: (checkpoint: Checkpoint) => Promise<T>,
): Promise<T> {
  const checkpoint = await openCheckpoint(dir, prefer === undefined ? {} : { prefer });
  try {
    return await use(checkpoint);
  } finally {
    await checkpoint.close();
  }
}
