import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFolderStore } from './folder-store.js';
import { materialise } from './materialise.js';
import { openScratch } from './scratch.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-artifacts-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('a store whose bytes were changed is refused, and leaves nothing', async () => {
  const store = openFolderStore(join(folder, 'store'));
  await writeFile(join(folder, 'model.onnx'), 'graph');
  const digest = await store.put(join(folder, 'model.onnx'));
  await writeFile(join(folder, 'store', digest.sha256.slice(0, 2), digest.sha256), 'grapH');
  const dir = join(folder, 'cache', 'v');
  await expect(materialise(store, { 'model.onnx': digest }, dir)).rejects.toMatchObject({
    code: 'artifact-corrupt',
  });
  expect(await readdir(join(folder, 'cache'))).toEqual([]);
});

describe('a folder', () => {
  it('is usable where it is, and where it can be made', async () => {
    for (const root of [folder, join(folder, 'not', 'there')]) await openFolderStore(root).check();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not usable below a file', async () => {
    await writeFile(join(folder, 'file'), 'x');
    for (const root of [join(folder, 'file'), join(folder, 'file', 'below', 'it')]) {
      await expect(openFolderStore(root).check()).rejects.toMatchObject({
        code: 'artifacts-unavailable',
        message: expect.stringContaining(`${root} cannot be written (ENOTDIR)`),
      });
    }
  });
});

// A disk of its own takes root.
describe.runIf(process.getuid?.() === 0)('a disk that is full', () => {
  let disk: string;
  beforeEach(async () => {
    disk = join(folder, 'disk');
    await mkdir(disk);
    // As little as there can be: a folder needs an inode too.
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=1m,nr_inodes=3', 'tmpfs', disk]);
  });
  afterEach(() => promisify(execFile)('umount', [disk]));

  it.each(['bytes', 'inodes'])('is told as what it is: no %s left', async (left) => {
    const source = join(folder, 'source');
    await writeFile(source, Buffer.alloc(2_000_000));
    if (left === 'inodes') for (const name of ['a', 'b']) await writeFile(join(disk, name), '');
    const other = openFolderStore(join(folder, 'store'));
    const digest = await other.put(source);
    const full = { code: 'storage-full' };
    await expect(openFolderStore(join(disk, 'store')).put(source)).rejects.toMatchObject(full);
    await expect(other.fetch(digest.sha256, join(disk, 'c'))).rejects.toMatchObject(full);
    await expect(materialise(other, { c: digest }, join(disk, 'v'))).rejects.toMatchObject(full);
    if (left === 'inodes') {
      const scratch = await openScratch(join(disk, 'tmp'));
      await expect(scratch.create()).rejects.toMatchObject(full);
    }
  });
});
