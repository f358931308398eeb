import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { ownMemoryOf } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { failureOf, useS3 } from '../../test/s3.js';
import { digestOf } from '../digest.js';
import type { S3Location } from './s3-store.js';

const LARGE_BYTES = 100 * 1024 * 1024;
/** Of the runtime, the client and parts under way, beside which 100 MiB would show. */
const MAX_GROWTH_BYTES = 90 * 1024 * 1024;
const QUIET_MS = 15_000;

const bench = useS3();
const everything = (path: string, sha256: string) => {
  const store = bench.open();
  return {
    put: () => store.put(path),
    has: () => store.has(sha256),
    fetch: () => store.fetch(sha256, join(bench.folder, 'out')),
    read: async () => buffer(await store.read(sha256)),
    remove: () => store.remove(sha256),
    check: () => store.check(),
  };
};

describe('a server', () => {
  it('that is away is overloaded, soon and in every method, and works when it is back', async () => {
    const { path, sha256 } = await bench.fileOf('hello');
    await bench.s3.kill();
    try {
      for (const [name, action] of Object.entries(everything(path, sha256))) {
        const started = performance.now();
        const { code, headers } = await failureOf(action);
        expect([code, headers['Retry-After']], name).toEqual(['overloaded', '5']);
        expect(performance.now() - started).toBeLessThan(QUIET_MS);
      }
    } finally {
      await bench.s3.restart();
    }
    expect((await readdir(bench.folder)).sort()).toEqual(['file']);
    for (const action of Object.values(everything(path, sha256))) await action();
  });

  it('that does not answer is overloaded in bounded time', async () => {
    const { path, sha256 } = await bench.fileOf('hello');
    bench.s3.freeze();
    try {
      const started = performance.now();
      const methods = Object.entries(everything(path, sha256)).map(async ([name, action]) => {
        expect((await failureOf(action)).code, name).toBe('overloaded');
        expect(performance.now() - started, name).toBeLessThan(QUIET_MS);
      });
      await Promise.all(methods);
    } finally {
      bench.s3.thaw();
    }
  });
});

describe('a server that is no S3, or has no reason to give', () => {
  it.each([
    [
      'HEAD is answered 400, as Amazon answers a session that has ended',
      'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n',
    ],
    ['something else listens there', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
  ])('is refused at the start and overloaded later: %s', async (_, answer) => {
    const { path, sha256 } = await bench.fileOf('hello');
    const other = await openAnswering(answer);
    const store = bench.open({ endpoint: other.endpoint });
    expect((await failureOf(() => store.check())).code).toBe('artifacts-unavailable');
    for (const action of [() => store.has(sha256), () => store.put(path), () => store.remove(sha256)]) {
      expect((await failureOf(action)).code).toBe('overloaded');
    }
    await other.close();
  });

  it('is asked once for a removal, and more often for the rest', async () => {
    const { sha256 } = await bench.fileOf('hello');
    const busy = await openAnswering(
      'HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    );
    const store = bench.open({ endpoint: busy.endpoint });
    expect((await failureOf(() => store.remove(sha256))).code).toBe('overloaded');
    expect(busy.asked()).toBe(1);
    expect((await failureOf(() => store.has(sha256))).code).toBe('overloaded');
    expect(busy.asked()).toBe(3);
    await busy.close();
  });
});

describe('an operator’s mistake', () => {
  const wrongKey = () => ({
    credentials: { accessKeyId: bench.s3.accessKeyId, secretAccessKey: 'a-secret-of-somebody' },
  });
  it.each<[string, () => Partial<S3Location>]>([
    ['a wrong secret', wrongKey],
    ['an unknown key', () => ({ credentials: { accessKeyId: 'nobody', secretAccessKey: 'x' } })],
    ['no such bucket', () => ({ bucket: 'not-there' })],
  ])('is named by the check and is no bug later: %s', async (_, overrides) => {
    const { path, sha256 } = await bench.fileOf('hello');
    const store = bench.open(overrides());
    expect((await failureOf(() => store.check())).code).toBe('artifacts-unavailable');
    for (const action of [() => store.put(path), () => store.fetch(sha256, join(bench.folder, 'out'))]) {
      expect((await failureOf(action)).code).toBe('overloaded');
    }
  });

  it('shows nothing of the keys', async () => {
    const { path } = await bench.fileOf('hello');
    const { secretAccessKey } = wrongKey().credentials;
    for (const action of [() => bench.open(wrongKey()).put(path), () => bench.open(wrongKey()).check()]) {
      const shown = inspect(await failureOf(action), { depth: 10, showHidden: true });
      expect(shown).toMatch(/HTTP status 403/);
      expect(shown).not.toContain(secretAccessKey);
      expect(shown).not.toContain(bench.s3.accessKeyId);
      expect(shown).not.toMatch(/authorization/i);
    }
  });
});

it('100 MiB go up and down in flat memory', async () => {
  await writeFile(join(bench.folder, 'file'), Buffer.alloc(LARGE_BYTES, 'x'));
  const { sha256 } = await digestOf(join(bench.folder, 'file'));
  const script = fileOfScript();
  await writeFile(join(bench.folder, 'there-and-back.mjs'), script);
  const child = fork(
    join(bench.folder, 'there-and-back.mjs'),
    [JSON.stringify(bench.location()), bench.folder],
    {
      execArgv: [],
    },
  );
  const exit = once(child, 'exit');
  await once(child, 'message');
  const before = await ownMemoryOf(child.pid!);
  let most = before;
  child.send('go');
  const timer = setInterval(async () => {
    most = Math.max(most, await ownMemoryOf(child.pid!));
  }, 20);
  const [status] = await exit;
  clearInterval(timer);
  expect(status).toBe(0);
  expect(await digestOf(join(bench.folder, 'out'))).toEqual({ sha256, bytes: LARGE_BYTES });
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
    const [location, folder] = process.argv.slice(2);
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

/** Answers every request with these bytes, whatever it is. */
async function openAnswering(answer: string) {
  let asked = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket
      .on('error', () => undefined)
      .on('data', () => {
        asked++;
        socket.write(answer);
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
