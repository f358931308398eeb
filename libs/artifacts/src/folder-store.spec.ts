import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFolderStore } from './folder-store.js';
import { materialise } from './materialise.js';

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
