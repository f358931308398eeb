import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { openAsBlob } from 'node:fs';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StoredFile, UPLOAD_PURPOSES } from '@heddle/contracts';
import { ownMemoryOf } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

const MAX_MODEL_BYTES = 210 * 1024 * 1024;
const MAX_FILE_BYTES = 300_000;
const QUOTA = { files: 5, bytes: 220 * 1024 * 1024 };
const LARGE_BYTES = 200 * 1024 * 1024;
/** What a process may need more while a file of 200 MiB goes through it: buffers under way, and garbage. */
const MAX_GROWTH_BYTES = 80 * 1024 * 1024;

let api: TestApi;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-uploads-'));
  api = await startApi({
    HEDDLE_MAX_MODEL_BYTES: String(MAX_MODEL_BYTES),
    HEDDLE_MAX_FILE_BYTES: String(MAX_FILE_BYTES),
    HEDDLE_MAX_STORED_FILES_PER_TENANT: String(QUOTA.files),
    HEDDLE_MAX_STORED_BYTES_PER_TENANT: String(QUOTA.bytes),
  });
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

const upload = (form: FormData, key?: string) =>
  api.call('POST', '/v1/files', { form, ...(key === undefined ? {} : { key }) });
function formOf(content: Blob, purpose: string, order: 'before' | 'after' = 'before'): FormData {
  const form = new FormData();
  if (order === 'before') form.set('purpose', purpose);
  form.set('file', content, 'file');
  if (order === 'after') form.set('purpose', purpose);
  return form;
}
const small = (content: string) => formOf(new Blob([content]), 'model');
const remove = (id: string) => api.call('DELETE', `/v1/files/${id}`);
async function leftovers(): Promise<string[]> {
  const root = join(api.dataDir, 'artifacts', 'tmp');
  return (await Promise.all((await readdir(root)).map((name) => readdir(join(root, name))))).flat();
}
/** Without holes, so that every byte is read and sent. */
async function fileOf(bytes: number): Promise<{ blob: Blob; sha256: string }> {
  const path = join(folder, 'large');
  const file = await open(path, 'w');
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(1024 * 1024, 'heddle');
  for (let written = 0; written < bytes; written += chunk.length) {
    const part = chunk.subarray(0, bytes - written);
    await file.write(part);
    hash.update(part);
  }
  await file.close();
  return { blob: await openAsBlob(path), sha256: hash.digest('hex') };
}
/** The most memory that the api takes while this goes on, and what it took before. */
async function memoryDuring(action: () => Promise<void>): Promise<{ before: number; most: number }> {
  const before = await ownMemoryOf(api.pid);
  let most = before;
  const timer = setInterval(async () => {
    most = Math.max(most, await ownMemoryOf(api.pid));
  }, 25);
  await action();
  clearInterval(timer);
  return { before, most };
}

// First, while the process has not yet taken what it takes for a large file.
describe('a file of 200 MiB', () => {
  it('goes up and comes back in flat memory', async () => {
    const { blob, sha256 } = await fileOf(LARGE_BYTES);
    // All code is loaded when it is measured.
    await remove(((await upload(small('warm'))).body as StoredFile).id);
    let file: StoredFile | undefined;
    const up = await memoryDuring(async () => {
      file = (await upload(formOf(blob, 'model'))).body as StoredFile;
    });
    expect(file).toMatchObject({ bytes: LARGE_BYTES, sha256 });
    const down = await memoryDuring(async () => {
      const response = await fetch(`${api.url}/v1/files/${file!.id}/content`, {
        headers: { authorization: `Bearer ${api.key}` },
      });
      const hash = createHash('sha256');
      for await (const chunk of response.body!) hash.update(chunk);
      expect(hash.digest('hex')).toBe(sha256);
    });
    const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
    console.log(
      `api: ${mib(up.before)} → ${mib(up.most)} MiB up, ${mib(down.before)} → ${mib(down.most)} MiB down`,
    );
    expect(up.most - up.before).toBeLessThan(MAX_GROWTH_BYTES);
    expect(down.most - down.before).toBeLessThan(MAX_GROWTH_BYTES);
    await remove(file!.id);
  });
});

describe('a file that is too large for its purpose', () => {
  it.each(
    UPLOAD_PURPOSES.flatMap((purpose) =>
      (['before', 'after'] as const).map((order) => [purpose, order] as const),
    ),
  )('is refused and leaves nothing: %s, which comes %s the file', async (purpose, order) => {
    const most = purpose === 'model' ? MAX_MODEL_BYTES : MAX_FILE_BYTES;
    const { blob } = await fileOf(most + 1);
    const answer = await upload(formOf(blob, purpose, order));
    expect([answer.status, problemIn(answer).code]).toEqual([413, 'payload-too-large']);
    expect(problemIn(answer).detail).toContain(String(most));
    expect(await leftovers()).toEqual([]);
    expect((await api.call('GET', '/v1/files')).body).toMatchObject({ data: [] });
  });
});

describe('a tenant', () => {
  it('keeps so many files and no more, whatever another tenant has', async () => {
    const ids: string[] = [];
    for (let i = 0; i < QUOTA.files; i++) ids.push(((await upload(small(`${i}`))).body as StoredFile).id);
    const over = await upload(small('one more'));
    expect([over.status, problemIn(over).code]).toEqual([429, 'quota-exceeded']);
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await leftovers()).toEqual([]);
    expect((await upload(small('a stranger’s'), api.strangerKey)).status).toBe(201);
    await remove(ids.pop()!);
    const again = await upload(small('one more'));
    expect(again.status).toBe(201);
    for (const id of [...ids, (again.body as StoredFile).id]) expect((await remove(id)).status).toBe(204);
  });

  it('keeps so many bytes and no more', async () => {
    const { blob } = await fileOf(LARGE_BYTES);
    const first = (await upload(formOf(blob, 'model'))).body as StoredFile;
    // What is far too much is refused by its length, what is a little too much as soon as it is.
    for (const bytes of [LARGE_BYTES, QUOTA.bytes - LARGE_BYTES + 1]) {
      const over = await upload(formOf((await fileOf(bytes)).blob, 'model'));
      expect([over.status, problemIn(over).code]).toEqual([429, 'quota-exceeded']);
      expect(await leftovers()).toEqual([]);
    }
    const fits = await upload(formOf((await fileOf(QUOTA.bytes - LARGE_BYTES)).blob, 'model'));
    expect(fits.status).toBe(201);
    for (const { id } of [first, fits.body as StoredFile]) await remove(id);
  });

  it('that has no room is refused before anything is read, unless it repeats itself', async () => {
    const repeat = (content: string) =>
      api.call('POST', '/v1/files', { form: small(content), headers: { 'idempotency-key': 'again' } });
    const ids = [((await repeat('mine')).body as StoredFile).id];
    while (ids.length < QUOTA.files) ids.push(((await upload(small(`${ids.length}`))).body as StoredFile).id);
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    // A head that promises a body, and none.
    socket.write(
      `POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\n` +
        'Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 429 /);
    socket.destroy();
    const again = await repeat('mine');
    expect([again.status, (again.body as StoredFile).id]).toEqual([201, ids[0]]);
    for (const id of ids) await remove(id);
  });

  it('that has no room for the files of a batch makes none, and makes one when it has', async () => {
    const lines = new Blob(['{"custom_id":"a","input":"x"}']);
    const file = (await upload(formOf(lines, 'batch'))).body as StoredFile;
    const ids = [file.id];
    while (ids.length < QUOTA.files) ids.push(((await upload(small(`${ids.length}`))).body as StoredFile).id);
    const create = () => api.call('POST', '/v1/batches', { body: { file: file.id, model: 'm' } });
    const refused = await create();
    expect([refused.status, problemIn(refused).code]).toEqual([429, 'quota-exceeded']);
    expect((await api.call('GET', '/v1/batches')).body).toMatchObject({ data: [] });
    await remove(ids.pop()!);
    expect((await create()).status).toBe(202);
    await api.database.query('DELETE FROM batches');
    for (const id of ids) await remove(id);
  });

  it('is told its limits', async () => {
    expect((await api.call('GET', '/v1/limits')).body).toMatchObject({
      max_model_bytes: MAX_MODEL_BYTES,
      max_file_bytes: MAX_FILE_BYTES,
      max_stored_files_per_tenant: QUOTA.files,
      max_stored_bytes_per_tenant: QUOTA.bytes,
    });
  });
});
