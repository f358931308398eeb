import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import { startS3, type TestS3 } from '@heddle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { ArtifactStore } from '../src/artifact-store.js';
import { digestOf } from '../src/digest.js';
import { openS3Store, type S3Location } from '../src/s3/s3-store.js';

/** Short, so that what never answers is over soon. */
const IMPATIENT = { connectMs: 300, silenceMs: 1_000, maxTries: 2, removeMs: 1_000 };

export interface S3Bench {
  s3: TestS3;
  /** Empty for every spec, and so is the bucket. */
  folder: string;
  bucket: string;
  location(overrides?: Partial<S3Location>): S3Location;
  /** A store of little patience. */
  open(overrides?: Partial<S3Location>): ArtifactStore;
  fileOf(content: string | Buffer): Promise<{ path: string; sha256: string; bytes: number }>;
  keys(): Promise<string[]>;
}

/** A server for all specs of a file. */
export function useS3(): S3Bench {
  const bench: S3Bench = {
    s3: undefined as never,
    folder: '',
    bucket: '',
    location: (overrides = {}) => ({
      bucket: bench.bucket,
      prefix: '',
      endpoint: bench.s3.endpoint,
      region: bench.s3.region,
      credentials: { accessKeyId: bench.s3.accessKeyId, secretAccessKey: bench.s3.secretAccessKey },
      forcePathStyle: true,
      ...overrides,
    }),
    open: (overrides = {}) => openS3Store(bench.location(overrides), IMPATIENT),
    fileOf: async (content) => {
      const path = join(bench.folder, 'file');
      await writeFile(path, content);
      return { path, ...(await digestOf(path)) };
    },
    keys: () => bench.s3.keys(bench.bucket),
  };
  const begin = async () => {
    bench.folder = await mkdtemp(join(tmpdir(), 'heddle-artifacts-'));
    bench.bucket = await bench.s3.createBucket();
  };
  const end = () => rm(bench.folder, { recursive: true });
  beforeAll(async () => {
    bench.s3 = await startS3();
    await begin();
    // A fresh server makes its pools at the first upload, which takes longer than specs wait.
    await openS3Store(bench.location()).put((await bench.fileOf(Buffer.alloc(20_000_000))).path);
    await end();
  });
  afterAll(() => bench.s3.stop());
  beforeEach(begin);
  afterEach(end);
  return bench;
}

/** How an action fails; an unexpected success fails the spec. */
export async function failureOf(action: () => Promise<unknown>): Promise<HeddleError> {
  const error = await action().then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HeddleError);
  return error as HeddleError;
}

/** A way to the server on which every connection breaks after so many bytes; with `once` the first that breaks is the last. */
export async function openWire(farPort: number, bytes: number, { once: last = false } = {}) {
  const sockets = new Set<Socket>();
  let broken = 0;
  const server: Server = createServer((near) => {
    const far = connect(farPort, '127.0.0.1');
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
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    broken: () => broken,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** What a proxy does with the server's answer to a request; false: nothing, it is passed on. */
type Meddle = (asked: IncomingMessage, answer: IncomingMessage, reply: ServerResponse) => boolean;

/** A proxy before the server that meddles with its answers. */
export async function openProxy(farPort: number, meddle: Meddle) {
  const server = createHttpServer((asked, reply) => {
    const { method, url, headers } = asked;
    const onward = request({ host: '127.0.0.1', port: farPort, method, path: url, headers }, (answer) => {
      if (meddle(asked, answer, reply)) return;
      reply.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(reply);
    });
    onward.on('error', () => reply.destroy());
    asked.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
