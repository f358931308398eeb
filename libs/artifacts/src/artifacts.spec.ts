import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactStore } from './artifact-store.js';
import { digestOf } from './digest.js';
import { openFolderStore } from './folder-store.js';
import { materialise } from './materialise.js';
import { openScratch } from './scratch.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-artifacts-'));
});
afterEach(() => rm(folder, { recursive: true }));

const STORES: [string, () => ArtifactStore][] = [['folder', () => openFolderStore(join(folder, 'store'))]];

describe.each(STORES)('artefact store: %s', (_, open) => {
  it('keeps files by their digest', async () => {
    const store = open();
    await writeFile(join(folder, 'a'), 'hello');
    const digest = await store.put(join(folder, 'a'));
    expect(digest).toEqual({
      sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
      bytes: 5,
    });
    expect(await store.put(join(folder, 'a'))).toEqual(digest);
    await store.fetch(digest.sha256, join(folder, 'b'));
    expect(await readFile(join(folder, 'b'), 'utf8')).toBe('hello');
    expect(await store.has(digest.sha256)).toBe(true);
    await store.remove(digest.sha256);
    expect(await store.has(digest.sha256)).toBe(false);
    await expect(store.fetch(digest.sha256, join(folder, 'c'))).rejects.toMatchObject({
      code: 'artifact-corrupt',
    });
  });

  it('takes the same file from many at once', async () => {
    const store = open();
    await writeFile(join(folder, 'a'), 'x'.repeat(1_000_000));
    const digests = await Promise.all(Array.from({ length: 8 }, () => store.put(join(folder, 'a'))));
    expect(new Set(digests.map(({ sha256 }) => sha256)).size).toBe(1);
    await store.fetch(digests[0]!.sha256, join(folder, 'b'));
    expect(await digestOf(join(folder, 'b'))).toEqual(digests[0]);
  });

  it('takes a file away when it may, and reads parts of it', async () => {
    const store = open();
    await writeFile(join(folder, 'a'), 'hello');
    const { sha256 } = await store.put(join(folder, 'a'), { move: true });
    expect(await readdir(folder)).not.toContain('a');
    expect(await text(await store.read(sha256))).toBe('hello');
    expect(await text(await store.read(sha256, { start: 1, end: 3 }))).toBe('ell');
    await expect(store.read('b'.repeat(64))).rejects.toMatchObject({ code: 'artifact-corrupt' });
  });

  it.each(['..', '../../etc/passwd', '', 'A'.repeat(64)])('refuses the name %j', async (name) => {
    await expect((async () => open().fetch(name, join(folder, 'x')))()).rejects.toMatchObject({
      code: 'artifact-corrupt',
    });
  });
});

describe('materialise', () => {
  async function files(store: ArtifactStore, contents: Record<string, string>) {
    const entries = await Promise.all(
      Object.entries(contents).map(async ([name, content]) => {
        await writeFile(join(folder, `source-${name}`), content);
        return [name, await store.put(join(folder, `source-${name}`))] as const;
      }),
    );
    return Object.fromEntries(entries);
  }

  it('lays out all files, and mends what was changed', async () => {
    const store = openFolderStore(join(folder, 'store'));
    const wanted = await files(store, { 'model.onnx': 'graph', 'model.onnx.data': 'weights' });
    const dir = join(folder, 'cache', 'v');
    await Promise.all([materialise(store, wanted, dir), materialise(store, wanted, dir)]);
    expect((await readdir(dir)).sort()).toEqual(['model.onnx', 'model.onnx.data']);
    await writeFile(join(dir, 'model.onnx'), 'evil!');
    await materialise(store, wanted, dir);
    expect(await readFile(join(dir, 'model.onnx'), 'utf8')).toBe('graph');
    expect(await readdir(join(folder, 'cache'))).toEqual(['v']);
  });

  it('refuses a store whose bytes were changed, and leaves nothing', async () => {
    const store = openFolderStore(join(folder, 'store'));
    const wanted = await files(store, { 'model.onnx': 'graph' });
    const { sha256 } = wanted['model.onnx']!;
    await writeFile(join(folder, 'store', sha256.slice(0, 2), sha256), 'grapH');
    const dir = join(folder, 'cache', 'v');
    await expect(materialise(store, wanted, dir)).rejects.toMatchObject({ code: 'artifact-corrupt' });
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  it.each(['../x', 'a/b', '.hidden', '', 'nul\u0000', 'x'.repeat(200)])(
    'refuses the file name %j',
    async (name) => {
      const store = openFolderStore(join(folder, 'store'));
      const wanted = { [name]: { sha256: 'a'.repeat(64), bytes: 1 } };
      await expect(materialise(store, wanted, join(folder, 'v'))).rejects.toMatchObject({
        code: 'artifact-corrupt',
      });
    },
  );
});

describe('scratch', () => {
  it('is empty folders that go when it is closed', async () => {
    const root = join(folder, 'tmp');
    const scratch = await openScratch(root);
    const dirs = [await scratch.create(), await scratch.create()];
    for (const dir of dirs) await writeFile(join(dir, 'x'), 'x');
    expect(new Set(dirs).size).toBe(2);
    await scratch.close();
    expect(await readdir(root)).toEqual([]);
    await writeFile(join(await scratch.create(), 'again'), 'x');
    await scratch.close();
    expect(await readdir(root)).toEqual([]);
  });

  it('is cleared of what killed processes left, and of nothing else', async () => {
    const root = join(folder, 'tmp');
    const script = join(folder, 'sleep.mjs');
    await writeFile(script, 'setInterval(() => undefined, 1000)');
    const [alive, dead] = [fork(script), fork(script)];
    const kept = [`${hostname()} ${alive.pid} 0123456789ab`, 'elsewhere 1 0123456789ab', 'README'];
    const left = [
      `${hostname()} ${dead.pid} 0123456789ab`,
      `${hostname()} ${process.pid} 0123456789ab`,
      'elsewhere 2 0123456789ab',
    ];
    for (const name of [...kept, ...left]) await mkdir(join(root, name, 'x'), { recursive: true });
    const long = new Date(Date.now() - 48 * 3_600_000);
    await utimes(join(root, left[2]!), long, long);
    dead.kill('SIGKILL');
    await once(dead, 'exit');
    const own = await openScratch(root);
    const dir = await own.create();
    await openScratch(root);
    expect(await readdir(dir)).toEqual([]);
    await own.close();
    expect((await readdir(root)).sort()).toEqual([...kept].sort());
    alive.kill('SIGKILL');
    await once(alive, 'exit');
  });
});
