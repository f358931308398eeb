import { execFile } from 'node:child_process';
import { mkdir, readdir, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openFolderStore, openScratch } from '@heddle/artifacts';
import { createTestFolder } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BatchWorld, lines } from './batch-world.js';

/** Storage that fails while the files of a batch are written, and comes back: real disks that are full, read-only or lose a file. */
const run = promisify(execFile);
const TRIES = 3;
const COUNT = 300;

// A disk of its own takes root.
describe.runIf(process.getuid?.() === 0)('while the files of a batch are written', () => {
  let world: BatchWorld;
  let folder: string;
  let scratch: string;
  let store: string;
  let id: string;
  beforeAll(async () => {
    folder = await createTestFolder('heddle-test-disks-');
    [scratch, store] = [join(folder, 'scratch'), join(folder, 'store')];
    for (const disk of [scratch, store]) {
      await mkdir(disk);
      await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    }
    world = await BatchWorld.open({
      artifacts: openFolderStore(store),
      scratch: await openScratch(join(scratch, 'tmp')),
    });
  });
  afterAll(async () => {
    await world?.close();
    for (const disk of [scratch, store]) await run('umount', [disk]);
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    id = await world.createBatch(lines(COUNT, (i) => `text ${i} ${Math.random()}`));
    await world.runUntil(id, 'finalizing');
  });

  const leftovers = async () => {
    const own = await readdir(join(scratch, 'tmp')).catch(() => []);
    const works = await Promise.all(own.map((name) => readdir(join(scratch, 'tmp', name))));
    return works.flat();
  };
  /** Files that this process has open on either disk. */
  async function openFiles(): Promise<string[]> {
    const handles = await readdir('/proc/self/fd');
    const paths = await Promise.all(handles.map((fd) => readlink(join('/proc/self/fd', fd)).catch(() => '')));
    return paths.filter((path) => path.startsWith(folder));
  }
  /** Tries some times, each of which fails and leaves nothing. */
  async function failsTo(finish: Record<string, unknown>): Promise<void> {
    const before = await world.files();
    for (let i = 0; i < TRIES; i++) {
      await expect(world.step()).rejects.toMatchObject(finish);
      expect(await world.files()).toEqual(before);
      expect(await leftovers()).toEqual([]);
      expect(await openFiles()).toEqual([]);
    }
    expect(await world.find(id)).toMatchObject({ state: 'finalizing', outputFile: null });
  }
  async function checkComplete(): Promise<void> {
    await world.step();
    expect(await world.find(id)).toMatchObject({ state: 'succeeded', succeeded: COUNT, failed: 0 });
    expect((await world.outcome(id)).output.map((one) => one.line)).toEqual(
      Array.from({ length: COUNT }, (_, i) => i + 1),
    );
    expect(await leftovers()).toEqual([]);
  }

  it('a store that refuses them leaves no more behind with each try, and has them when it takes them again', async () => {
    await run('mount', ['-o', 'remount,ro', store]);
    try {
      await failsTo({ code: 'EROFS' });
    } finally {
      await run('mount', ['-o', 'remount,rw', store]);
    }
    await checkComplete();
  });

  it('a store that is full likewise', async () => {
    const ballast = join(store, 'ballast');
    await writeFile(ballast, Buffer.alloc(8 * 1024 * 1024)).catch(() => undefined);
    await failsTo({ code: 'storage-full' });
    await rm(ballast);
    await checkComplete();
  });

  it('a full disk where they are written likewise', async () => {
    const ballast = join(scratch, 'ballast');
    await writeFile(ballast, Buffer.alloc(8 * 1024 * 1024)).catch(() => undefined);
    await failsTo({ code: 'storage-full' });
    await rm(ballast);
    await checkComplete();
  });

  it('a store that has lost the batch’s file is asked again until it is back', async () => {
    const [row] = await world.database.query<{ sha256: string }>(
      `SELECT sha256 FROM batches WHERE id = '${id}'`,
    );
    const path = join(store, row!.sha256.slice(0, 2), row!.sha256);
    await rename(path, join(store, 'elsewhere'));
    await failsTo({ code: 'artifact-corrupt' });
    await rename(join(store, 'elsewhere'), path);
    await checkComplete();
  });
});
