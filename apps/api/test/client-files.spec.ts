import { createReadStream, openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeddleClient, NotFoundError, PreconditionFailedError } from '@heddle/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from './api.js';
import { clientOptions } from './wire.js';

let api: TestApi;
let client: HeddleClient;
beforeAll(async () => {
  api = await startApi();
  client = new HeddleClient(clientOptions(api));
});
afterAll(() => api.stop());

const LINE = '{"custom_id":"a","input":"fine"}\n';

describe('files', () => {
  it('are uploaded in every form, with the same bytes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heddle-client-'));
    const path = join(folder, 'lines.jsonl');
    await writeFile(path, LINE);
    const bytes = new TextEncoder().encode(LINE);
    const pieces = async function* () {
      yield bytes.subarray(0, 5);
      yield bytes.subarray(5);
    };
    const forms = [
      LINE,
      bytes,
      new Blob([LINE]),
      new File([LINE], 'own.jsonl'),
      await openAsBlob(path),
      createReadStream(path),
      pieces(),
      ReadableStream.from(pieces()),
      { open: pieces },
      { open: pieces, bytes: bytes.length },
    ];
    const stored = [];
    for (const form of forms)
      stored.push(await client.files.upload(form, { purpose: 'batch', expires_in_s: 3600 }));
    await rm(folder, { recursive: true });
    expect(new Set(stored.map(({ sha256, bytes }) => `${sha256} ${bytes}`)).size).toBe(1);
    expect(stored.map(({ filename }) => filename)).toEqual(
      forms.map((form) => (form instanceof File ? 'own.jsonl' : 'file')),
    );
    expect(stored.every(({ expires_at }) => expires_at !== null)).toBe(true);
    const listed: string[] = [];
    for await (const { id } of client.files.list({ purpose: 'batch', limit: 4 })) listed.push(id);
    expect(listed).toEqual(stored.map(({ id }) => id).reverse());
  });

  it('are named as told, whatever the name', async () => {
    for (const filename of ['with blanks.txt', 'ü✓.txt'])
      for (const contents of [
        'x',
        {
          open: async function* () {
            yield new Uint8Array([120]);
          },
        },
      ])
        expect((await client.files.upload(contents, { purpose: 'batch', filename })).filename).toBe(filename);
  });

  it('are downloaded whole and in ranges', async () => {
    const { id, sha256 } = await client.files.upload('0123456789', { purpose: 'batch' });
    const whole = await client.files.download(id);
    expect([whole.etag, whole.range, await whole.text()]).toEqual([`"${sha256}"`, null, '0123456789']);
    const part = await client.files.download(id, { start: 3, end: 6, ifRange: whole.etag! });
    expect([part.range, await part.text()]).toEqual([{ start: 3, end: 6, total: 10 }, '345']);
    expect(await (await client.files.download(id, { start: 8 })).bytes()).toEqual(
      new TextEncoder().encode('89'),
    );
    const other = await client.files.download(id, { start: 3, ifRange: '"other"' });
    expect([other.range, await new Response(other.stream()).text()]).toEqual([null, '0123456789']);
    await expect(client.files.download(id, { ifMatch: '"other"' })).rejects.toThrow(PreconditionFailedError);
    expect(await client.files.get(id)).toMatchObject({ id, bytes: 10 });
    expect(await client.files.delete(id)).toBeUndefined();
    await expect(client.files.get(id)).rejects.toThrow(NotFoundError);
  });
});
