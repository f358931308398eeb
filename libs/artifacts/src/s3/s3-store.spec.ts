import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { inspect } from 'node:util';
import { DeleteObjectCommand, ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { HeddleError } from '@heddle/contracts';
import { freePort, memoryOf, startS3, type TestS3, waitFor } from '@heddle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../digest.js';
import { keyOf } from '../key.js';
import { materialise } from '../materialise.js';
import { openS3Store, type S3Location } from './s3-store.js';

const LARGE_BYTES = 100 * 1024 * 1024;
/** Of the runtime, the client and parts under way, beside which 100 MiB would show. */
const MAX_GROWTH_BYTES = 90 * 1024 * 1024;
/** Short, so that what never answers is over soon. */
const IMPATIENT = { connectMs: 300, silenceMs: 1_000, maxTries: 2, removeMs: 1_000 };
const QUIET_MS = 15_000;

let s3: TestS3;
let bucket: string;
let folder: string;
beforeAll(async () => {
  s3 = await startS3();
  // A fresh server makes its pools at the first upload, which takes longer than specs wait below.
  folder = await mkdtemp(join(tmpdir(), 'heddle-artifacts-'));
  bucket = await s3.createBucket();
  await openS3Store(location()).put((await fileOf(Buffer.alloc(20_000_000))).path);
  await rm(folder, { recursive: true });
});
afterAll(() => s3.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-artifacts-'));
  bucket = await s3.createBucket();
});
afterEach(() => rm(folder, { recursive: true }));

const location = (overrides: Partial<S3Location> = {}): S3Location => ({
  bucket,
  prefix: '',
  endpoint: s3.endpoint,
  region: s3.region,
  credentials: { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey },
  forcePathStyle: true,
  ...overrides,
});
const open = (overrides: Partial<S3Location> = {}) => openS3Store(location(overrides), IMPATIENT);
async function fileOf(content: string | Buffer): Promise<{ path: string; sha256: string; bytes: number }> {
  const path = join(folder, 'file');
  await writeFile(path, content);
  return { path, ...(await digestOf(path)) };
}
const keys = () => s3.keys(bucket);
/** How an action fails; an unexpected success fails the spec. */
async function failureOf(action: () => Promise<unknown>): Promise<HeddleError> {
  const error = await action().then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HeddleError);
  return error as HeddleError;
}
const everything = (path: string, sha256: string) => {
  const store = open();
  return {
    put: () => store.put(path),
    has: () => store.has(sha256),
    fetch: () => store.fetch(sha256, join(folder, 'out')),
    read: async () => buffer(await store.read(sha256)),
    remove: () => store.remove(sha256),
    check: () => store.check(),
  };
};

describe('a server', () => {
  it('that is away is overloaded, soon and in every method, and works when it is back', async () => {
    const { path, sha256 } = await fileOf('hello');
    await s3.kill();
    try {
      for (const [name, action] of Object.entries(everything(path, sha256))) {
        const started = performance.now();
        const { code, headers } = await failureOf(action);
        expect([code, headers['Retry-After']], name).toEqual(['overloaded', '5']);
        expect(performance.now() - started).toBeLessThan(QUIET_MS);
      }
    } finally {
      await s3.restart();
    }
    expect((await readdir(folder)).sort()).toEqual(['file']);
    for (const action of Object.values(everything(path, sha256))) await action();
  });

  it('that does not answer is overloaded in bounded time', async () => {
    const { path, sha256 } = await fileOf('hello');
    s3.freeze();
    try {
      for (const [name, action] of Object.entries(everything(path, sha256))) {
        const started = performance.now();
        expect((await failureOf(action)).code, name).toBe('overloaded');
        expect(performance.now() - started, name).toBeLessThan(QUIET_MS);
      }
    } finally {
      s3.thaw();
    }
  });
});

describe('an operator’s mistake', () => {
  const wrongKey = () => ({
    credentials: { accessKeyId: s3.accessKeyId, secretAccessKey: 'a-secret-of-somebody' },
  });
  it.each<[string, () => Partial<S3Location>]>([
    ['a wrong secret', wrongKey],
    ['an unknown key', () => ({ credentials: { accessKeyId: 'nobody', secretAccessKey: 'x' } })],
    ['no such bucket', () => ({ bucket: 'not-there' })],
  ])('is named by the check and is no bug later: %s', async (_, overrides) => {
    const { path, sha256 } = await fileOf('hello');
    const store = open(overrides());
    expect((await failureOf(() => store.check())).code).toBe('artifacts-unavailable');
    for (const action of [() => store.put(path), () => store.fetch(sha256, join(folder, 'out'))]) {
      expect((await failureOf(action)).code).toBe('overloaded');
    }
  });

  it('shows nothing of the keys', async () => {
    const { path } = await fileOf('hello');
    const { secretAccessKey } = wrongKey().credentials;
    for (const action of [() => open(wrongKey()).put(path), () => open(wrongKey()).check()]) {
      const shown = inspect(await failureOf(action), { depth: 10, showHidden: true });
      expect(shown).toMatch(/HTTP status 403/);
      expect(shown).not.toContain(secretAccessKey);
      expect(shown).not.toContain(s3.accessKeyId);
      expect(shown).not.toMatch(/authorization/i);
    }
  });
});

describe('an upload', () => {
  it('that is not what its digest says leaves nothing', async () => {
    for (const bytes of [5, 20_000_000]) {
      const { path, ...digest } = await fileOf(Buffer.alloc(bytes, 1));
      await writeFile(path, Buffer.alloc(bytes, 2));
      expect((await failureOf(() => open().put(path, { digest, move: true }))).code).toBe('artifact-corrupt');
      expect(await keys()).toEqual([]);
      expect(await uploadsUnderWay()).toBe(0);
      expect(await readdir(folder)).toEqual(['file']);
    }
  });

  it('that breaks off leaves nothing that can be seen, and is made again', async () => {
    const { path, ...digest } = await fileOf(Buffer.alloc(60_000_000, 1));
    const wire = await openWire(5_000_000, { once: true });
    const broken = open({ endpoint: wire.endpoint });
    expect((await failureOf(() => broken.put(path, { digest }))).code).toBe('overloaded');
    expect(await keys()).toEqual([]);
    expect(await open().has(digest.sha256)).toBe(false);
    await wire.close();
    await open().put(path, { digest });
    expect(await keys()).toEqual([keyOf(digest.sha256)]);
  });

  it('into a store that is full says so', async () => {
    const { path, sha256 } = await fileOf(Buffer.alloc(20_000_000));
    await s3.setQuota(1_000_000);
    try {
      await waitFor(async () => (await failureOf(() => open().put(path))).code === 'storage-full');
    } finally {
      await s3.setQuota(null);
    }
    expect(await open().has(sha256)).toBe(false);
  });

  it('of what lies there half, by another hand, mends it', async () => {
    const { path, sha256 } = await fileOf('hello');
    await s3.client.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(sha256), Body: 'hel' }));
    await open().put(path);
    expect((await buffer(await open().read(sha256))).toString()).toBe('hello');
  });
});

describe('a download', () => {
  it('of other bytes than the digest’s is refused where it is used', async () => {
    const { path, ...digest } = await fileOf('graph');
    await open().put(path);
    await s3.client.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(digest.sha256), Body: 'grapH' }));
    const dir = join(folder, 'cache', 'v');
    await expect(materialise(open(), { 'model.onnx': digest }, dir)).rejects.toMatchObject({
      code: 'artifact-corrupt',
    });
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  it('that breaks off goes on where it was', async () => {
    const { path, sha256, bytes } = await fileOf(Buffer.alloc(60_000_000, 'abcdefghijk'));
    await open().put(path);
    const wire = await openWire(20_000_000);
    await open({ endpoint: wire.endpoint }).fetch(sha256, join(folder, 'out'));
    expect(await digestOf(join(folder, 'out'))).toEqual({ sha256, bytes });
    expect(wire.broken()).toBeGreaterThanOrEqual(2);
    await wire.close();
  });

  it('that is read slowly outlasts the silence that a server is granted', async () => {
    const { path, sha256, bytes } = await fileOf(Buffer.alloc(20_000_000, 'abcdefghijk'));
    await open().put(path);
    const stream = await open().read(sha256);
    // Longer than `silenceMs`, before the first byte and in the middle; another is never read at all.
    const unread = await open().read(sha256);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const hash = createHash('sha256');
    let read = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (read < 10_000_000 && read + chunk.length >= 10_000_000)
        await new Promise((resolve) => setTimeout(resolve, 2_500));
      read += chunk.length;
      hash.update(chunk);
    }
    expect([hash.digest('hex'), read]).toEqual([sha256, bytes]);
    unread.destroy();
  });

  it('of an object that is replaced or removed in the middle ends as an error', async () => {
    const { path, sha256 } = await fileOf(Buffer.alloc(60_000_000, 1));
    const key = { Bucket: bucket, Key: keyOf(sha256) };
    for (const change of [
      () => s3.client.send(new PutObjectCommand({ ...key, Body: Buffer.alloc(60_000_000, 2) })),
      () => s3.client.send(new DeleteObjectCommand(key)),
    ]) {
      await open().remove(sha256);
      await open().put(path);
      const wire = await openWire(20_000_000);
      const stream = await open({ endpoint: wire.endpoint }).read(sha256);
      await change();
      await expect(pipeline(stream, createWriteStream(join(folder, 'out')))).rejects.toMatchObject({
        code: 'artifact-corrupt',
      });
      await wire.close();
    }
  });

  it('leaves nothing where the server goes away in the middle', async () => {
    const { path, sha256 } = await fileOf(Buffer.alloc(60_000_000, 1));
    await open().put(path);
    const wire = await openWire(20_000_000);
    const fetching = open({ endpoint: wire.endpoint }).fetch(sha256, join(folder, 'out'));
    await wire.close();
    await expect(fetching).rejects.toMatchObject({ code: 'overloaded' });
    expect(await readdir(folder)).toEqual(['file']);
  });
});

it('100 MiB go up and down in flat memory', async () => {
  await writeFile(join(folder, 'file'), Buffer.alloc(LARGE_BYTES, 'x'));
  const { sha256 } = await digestOf(join(folder, 'file'));
  const script = fileOfScript();
  await writeFile(join(folder, 'there-and-back.mjs'), script);
  const child = fork(join(folder, 'there-and-back.mjs'), [JSON.stringify(location()), folder, sha256], {
    execArgv: [],
  });
  const exit = once(child, 'exit');
  await once(child, 'message');
  const before = await memoryOf(child.pid!);
  let most = before;
  child.send('go');
  const timer = setInterval(async () => {
    most = Math.max(most, await memoryOf(child.pid!));
  }, 20);
  const [status] = await exit;
  clearInterval(timer);
  expect(status).toBe(0);
  expect(await digestOf(join(folder, 'out'))).toEqual({ sha256, bytes: LARGE_BYTES });
  console.log(
    `100 MiB to S3 and back: ${Math.round(before / 2 ** 20)} MiB before, ${Math.round(most / 2 ** 20)} at most`,
  );
  expect(most - before).toBeLessThan(MAX_GROWTH_BYTES);
});

/** A process that sends the file there and fetches it back; it has done both once in small, so that all code is loaded. */
function fileOfScript(): string {
  return `
    import { writeFileSync } from 'node:fs';
    import { openArtifactStore } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
    const [location, folder, sha256] = process.argv.slice(2);
    const store = await openArtifactStore({ s3: JSON.parse(location) });
    writeFileSync(folder + '/small', 'small');
    const small = await store.put(folder + '/small');
    await store.fetch(small.sha256, folder + '/small2');
    process.send('ready');
    process.once('message', async () => {
      const { sha256 } = await store.put(folder + '/file');
      await store.fetch(sha256, folder + '/out');
      process.exit(0);
    });`;
}

async function uploadsUnderWay(): Promise<number> {
  const { Uploads = [] } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return Uploads.length;
}

/** A way to the server on which every connection breaks after so many bytes; with `once` the first that breaks is the last. */
async function openWire(bytes: number, { once: last = false } = {}) {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let broken = 0;
  const server: Server = createServer((near) => {
    const far = connect(s3.port, '127.0.0.1');
    let passed = 0;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.on('data', (chunk: Buffer) => {
        passed += chunk.length;
        if (passed > bytes) {
          broken++;
          if (last) server.close();
          near.resetAndDestroy();
          far.destroy();
        } else if (!to.write(chunk)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    }
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${port}`,
    broken: () => broken,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
