import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactStore } from './artifact-store.js';
import { digestOf } from './digest.js';
import { openFolderStore } from './folder-store.js';
import { materialise } from './materialise.js';

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
