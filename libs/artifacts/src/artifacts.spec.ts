import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { startS3, type TestS3 } from '@heddle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactStore, ListedArtifact } from './artifact-store.js';
import { digestOf } from './digest.js';
import { materialise } from './materialise.js';
import { type ArtifactLocation, openArtifactStore } from './open-store.js';

/** More than one part of an upload. */
const LARGE_BYTES = 20_000_000;

let folder: string;
let s3: TestS3;
let bucket: string;
beforeAll(async () => {
  s3 = await startS3();
  bucket = await s3.createBucket();
});
afterAll(() => s3.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-artifacts-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Empty stores, one of every kind. */
const LOCATIONS: [string, () => ArtifactLocation][] = [
  ['a folder', () => ({ folder: join(folder, 'store') })],
  ['a bucket', () => ({ s3: { ...connection(), bucket, prefix: '' } })],
  ['a part of a bucket', () => ({ s3: { ...connection(), bucket, prefix: 'a/b c' } })],
];
function connection() {
  const { endpoint, region, accessKeyId, secretAccessKey } = s3;
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true };
}

describe.each(LOCATIONS)('artefact store in %s', (_, location) => {
  const open = () => openArtifactStore(location());

  it('says that it can be used', async () => {
    await (await open()).check();
  });

  it('lists what is there, with its size and since when', async () => {
    const store = await open();
    const listed = async () => {
      const found: ListedArtifact[] = [];
      for await (const artifact of store.list()) found.push(artifact);
      return found;
    };
    const digests: string[] = [];
    for (let i = 0; i < 5; i++) {
      await writeFile(join(folder, 'a'), `list ${i}`);
      // However old a file is, it is new to the store.
      await utimes(join(folder, 'a'), 1, 1);
      digests.push((await store.put(join(folder, 'a'), { move: i % 2 === 0 })).sha256);
    }
    const found = (await listed()).filter(({ sha256 }) => digests.includes(sha256));
    expect(found.map(({ sha256 }) => sha256).sort()).toEqual(digests.sort());
    for (const { bytes, putAt } of found) {
      expect(bytes).toBe(6);
      expect(Math.abs(putAt.getTime() - Date.now())).toBeLessThan(60_000);
    }
    for (const digest of digests) await store.remove(digest);
    expect((await listed()).filter(({ sha256 }) => digests.includes(sha256))).toEqual([]);
  });

  it('keeps files by their digest', async () => {
    const store = await open();
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
    expect((await readdir(folder)).sort()).not.toContainEqual(expect.stringMatching(/tmp/));
    await store.remove(digest.sha256);
    await store.remove(digest.sha256);
    expect(await store.has(digest.sha256)).toBe(false);
    await expect(store.fetch(digest.sha256, join(folder, 'c'))).rejects.toMatchObject({
      code: 'artifact-corrupt',
    });
    expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/^c/));
  });

  it('keeps what is empty, and what takes more than one part', async () => {
    const store = await open();
    const large = randomBytes(LARGE_BYTES);
    for (const content of [Buffer.alloc(0), large]) {
      await writeFile(join(folder, 'a'), content);
      const digest = await store.put(join(folder, 'a'));
      expect(digest.bytes).toBe(content.length);
      await store.fetch(digest.sha256, join(folder, 'b'));
      expect(await digestOf(join(folder, 'b'))).toEqual(digest);
      expect((await buffer(await store.read(digest.sha256))).equals(content)).toBe(true);
    }
    const { sha256 } = await digestOf(join(folder, 'b'));
    const range = { start: 7_999_990, end: 9_000_009 };
    // Not toEqual, which looks at each byte for many times as long.
    const part = await buffer(await store.read(sha256, range));
    expect(part.equals(large.subarray(range.start, range.end + 1))).toBe(true);
  });

  it('lets go of what nobody reads on', async () => {
    const store = await open();
    await writeFile(join(folder, 'a'), Buffer.alloc(LARGE_BYTES));
    const { sha256 } = await store.put(join(folder, 'a'));
    for (let i = 0; i < 100; i++) {
      const stream = await store.read(sha256);
      await new Promise((resolve) => stream.once('readable', resolve));
      stream.destroy();
    }
    expect(await store.has(sha256)).toBe(true);
  });

  it('takes the same file from many at once', async () => {
    const store = await open();
    await writeFile(join(folder, 'a'), 'x'.repeat(1_000_000));
    const digests = await Promise.all(Array.from({ length: 8 }, () => store.put(join(folder, 'a'))));
    expect(new Set(digests.map(({ sha256 }) => sha256)).size).toBe(1);
    await store.fetch(digests[0]!.sha256, join(folder, 'b'));
    expect(await digestOf(join(folder, 'b'))).toEqual(digests[0]);
  });

  it('takes a file away when it may, and reads parts of it', async () => {
    const store = await open();
    await writeFile(join(folder, 'a'), 'hello');
    const { sha256 } = await store.put(join(folder, 'a'), { move: true });
    expect(await readdir(folder)).not.toContain('a');
    expect(await text(await store.read(sha256))).toBe('hello');
    expect(await text(await store.read(sha256, { start: 1, end: 3 }))).toBe('ell');
    await expect(store.read('b'.repeat(64))).rejects.toMatchObject({ code: 'artifact-corrupt' });
  });

  it.each(['..', '../../etc/passwd', '', 'A'.repeat(64)])('refuses the name %j', async (name) => {
    await expect((async () => (await open()).fetch(name, join(folder, 'x')))()).rejects.toMatchObject({
      code: 'artifact-corrupt',
    });
  });

  describe('laid out as a version', () => {
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
      const store = await open();
      const wanted = await files(store, { 'model.onnx': 'graph', 'model.onnx.data': 'weights' });
      const dir = join(folder, 'cache', 'v');
      await Promise.all([materialise(store, wanted, dir), materialise(store, wanted, dir)]);
      expect((await readdir(dir)).sort()).toEqual(['model.onnx', 'model.onnx.data']);
      await writeFile(join(dir, 'model.onnx'), 'evil!');
      await materialise(store, wanted, dir);
      expect(await readFile(join(dir, 'model.onnx'), 'utf8')).toBe('graph');
      expect(await readdir(join(folder, 'cache'))).toEqual(['v']);
    });

    it.each(['../x', 'a/b', '.hidden', '', 'nul\u0000', 'x'.repeat(200)])(
      'refuses the file name %j',
      async (name) => {
        const store = await open();
        const wanted = { [name]: { sha256: 'a'.repeat(64), bytes: 1 } };
        await expect(materialise(store, wanted, join(folder, 'v'))).rejects.toMatchObject({
          code: 'artifact-corrupt',
        });
      },
    );
  });
});
