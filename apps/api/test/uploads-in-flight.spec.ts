import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Problem, StoredFile } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

/** What uploads take of the disk before they are stored, or refused: of one tenant, and of all. */
const MIB = 1024 * 1024;
const OF_TENANT = 8 * MIB;
const OF_ALL = 12 * MIB;
let api: TestApi;
beforeAll(async () => {
  api = await startApi({
    HEDDLE_MAX_UPLOADING_BYTES_PER_TENANT: String(OF_TENANT),
    HEDDLE_MAX_UPLOADING_BYTES: String(OF_ALL),
  });
});
afterAll(() => api.stop());

const HEAD =
  '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nmodel\r\n' +
  '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n';
const END = '\r\n--b--\r\n';

interface Upload {
  socket: Socket;
  /** Sends bytes of the file; resolves when they are on their way. */
  send(bytes: number): Promise<void>;
  /** Ends the file; the answer is there then. */
  finish(): void;
  answer: Promise<string>;
}
/** An upload that goes on as it is told. `promised`: bytes of the file by its head; null is chunked, which promises none. */
function begin(promised: number | null, key = api.key): Upload {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const length =
    promised === null
      ? 'Transfer-Encoding: chunked'
      : `Content-Length: ${promised + HEAD.length + END.length}`;
  socket.write(
    `POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n` +
      `Content-Type: multipart/form-data; boundary=b\r\n${length}\r\nConnection: close\r\n\r\n`,
  );
  const write = (data: string | Buffer) =>
    new Promise<void>((resolve) => {
      const frame =
        promised === null
          ? Buffer.concat([
              Buffer.from(`${data.length.toString(16)}\r\n`),
              Buffer.from(data),
              Buffer.from('\r\n'),
            ])
          : data;
      socket.write(frame, () => resolve());
    });
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  void write(HEAD);
  return {
    socket,
    send: (bytes) => write(Buffer.alloc(bytes, 'x')),
    finish: () => {
      void write(END);
      if (promised === null) socket.write('0\r\n\r\n');
    },
    answer: once(socket, 'close').then(() => text),
  };
}
async function sizes(): Promise<number> {
  const root = join(api.dataDir, 'artifacts', 'tmp');
  const folders = await readdir(root).catch(() => []);
  let bytes = 0;
  for (const folder of folders) {
    for (const name of await readdir(join(root, folder)))
      bytes += await stat(join(root, folder, name, 'upload')).then(
        ({ size }) => size,
        () => 0,
      );
  }
  return bytes;
}
async function upload(bytes: number, key?: string) {
  const form = new FormData();
  form.set('purpose', 'model');
  form.set('file', new Blob([Buffer.alloc(bytes, `${Math.random()}`)]), 'x');
  return api.call('POST', '/v1/files', { form, ...(key ? { key } : {}) });
}
const end = async (...uploads: Upload[]) => {
  for (const one of uploads) one.socket.destroy();
  await waitFor(async () => (await sizes()) === 0);
};

describe('uploads of a tenant', () => {
  it('are refused before they are read where those before promise to be too much, and taken when one has ended', async () => {
    const first = begin(6 * MIB);
    await first.send(MIB);
    await waitFor(async () => (await sizes()) === MIB);
    const refused = await upload(3 * MIB);
    expect([refused.status, problemIn(refused).code]).toEqual([429, 'quota-exceeded']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(problemIn(refused).detail).toContain(String(OF_TENANT));
    expect(await sizes()).toBe(MIB);
    // What fits beside it is taken, and another tenant's is.
    expect((await upload(MIB)).status).toBe(201);
    expect((await upload(3 * MIB, api.strangerKey)).status).toBe(201);
    await first.send(5 * MIB);
    first.finish();
    expect(await first.answer).toMatch(/^HTTP\/1.1 201 /);
    expect((await upload(3 * MIB)).status).toBe(201);
  });

  it('that promise nothing are bounded by what has come', async () => {
    const uploads = [begin(null), begin(null), begin(null)];
    for (const one of uploads) await one.send(2 * MIB);
    await waitFor(async () => (await sizes()) === 6 * MIB);
    void uploads[0]!.send(3 * MIB);
    const answer = await uploads[0]!.answer;
    expect(answer).toMatch(/^HTTP\/1.1 429 /);
    expect((JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as Problem).code).toBe(
      'quota-exceeded',
    );
    await waitFor(async () => (await sizes()) === 4 * MIB);
    // The others go on.
    uploads[1]!.finish();
    expect(await uploads[1]!.answer).toMatch(/^HTTP\/1.1 201 /);
    await end(uploads[2]!);
  });

  it('are given back whatever they end with', async () => {
    for (let i = 0; i < 5; i++) {
      const one = begin(7 * MIB);
      await one.send(MIB);
      await waitFor(async () => (await sizes()) > 0);
      await end(one);
    }
    await waitFor(async () => (await upload(7 * MIB)).status === 201);
  });

  it('of which there is one may be as large as any file', async () => {
    const answer = await upload(OF_ALL + MIB);
    expect([answer.status, (answer.body as StoredFile).bytes]).toEqual([201, OF_ALL + MIB]);
  });
});

describe('uploads of all tenants', () => {
  it('are bounded by what has come: a promise takes nobody’s room', async () => {
    const [own, other] = [begin(8 * MIB), begin(8 * MIB, api.strangerKey)];
    await own.send(7 * MIB);
    await waitFor(async () => (await sizes()) === 7 * MIB);
    await other.send(4 * MIB);
    await waitFor(async () => (await sizes()) === 11 * MIB);
    void other.send(2 * MIB);
    const answer = await other.answer;
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(answer).toMatch(/^retry-after: \d+/im);
    await own.send(MIB);
    own.finish();
    expect(await own.answer).toMatch(/^HTTP\/1.1 201 /);
    expect((await upload(MIB, api.strangerKey)).status).toBe(201);
    expect(await sizes()).toBe(0);
  });

  it('end at the bound but for the one of which most has come, which is taken to its end', async () => {
    const [first, other] = [begin(8 * MIB), begin(8 * MIB, api.strangerKey)];
    await first.send(6 * MIB);
    await other.send(5 * MIB);
    await waitFor(async () => (await sizes()) === 11 * MIB);
    await first.send(2 * MIB);
    first.finish();
    expect(await first.answer).toMatch(/^HTTP\/1.1 201 /);
    await end(other);
  });
});
