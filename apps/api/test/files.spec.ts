import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newUuid, type Page, type StoredFile, toPublicId } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

const MAX_BYTES = 1_000_000;
let api: TestApi;
beforeAll(async () => {
  api = await startApi({ HEDDLE_MAX_MODEL_BYTES: String(MAX_BYTES) });
});
afterAll(() => api.stop());

function form(
  content: string | Uint8Array<ArrayBuffer>,
  fields: Record<string, string> = { purpose: 'model' },
  name = 'config.json',
) {
  const data = new FormData();
  for (const [field, value] of Object.entries(fields)) data.set(field, value);
  data.set('file', new Blob([content]), name);
  return data;
}
const upload = (data: FormData, options: { headers?: Record<string, string>; key?: string } = {}) =>
  api.call('POST', '/v1/files', { form: data, ...options });
const stored = async (content: string) => (await upload(form(content))).body as StoredFile;
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
const pathOf = (digest: string) => join(api.dataDir, 'artifacts', digest.slice(0, 2), digest);
/** Uploads that are on the way, or were left behind. */
async function leftovers(): Promise<string[]> {
  const root = join(api.dataDir, 'artifacts', 'tmp');
  const folders = await readdir(root);
  return (await Promise.all(folders.map((folder) => readdir(join(root, folder))))).flat();
}

describe('an upload', () => {
  it('is kept by its digest and shown', async () => {
    const answer = await upload(form('{"a":1}', { expires_in_s: '3600', purpose: 'model' }));
    const file = answer.body as StoredFile;
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/v1/files/${file.id}`);
    expect(file).toMatchObject({
      object: 'file',
      purpose: 'model',
      filename: 'config.json',
      bytes: 7,
      sha256: sha256('{"a":1}'),
    });
    expect(Date.parse(file.expires_at!) - Date.parse(file.created_at)).toBe(3_600_000);
    expect((await api.call('GET', `/v1/files/${file.id}`)).body).toEqual(file);
    expect(existsSync(pathOf(file.sha256))).toBe(true);
    expect(await leftovers()).toEqual([]);
  });

  it('takes its fields after the file too', async () => {
    const data = new FormData();
    data.set('file', new Blob(['late']), 'x.txt');
    data.set('purpose', 'model');
    expect((await upload(data)).status).toBe(201);
  });

  it('gives its bytes back, whole and in parts', async () => {
    const { id } = await stored('0123456789');
    const content = (range?: string) =>
      api.call('GET', `/v1/files/${id}/content`, range ? { headers: { range } } : {});
    const whole = await content();
    expect([whole.status, whole.text, whole.headers.get('content-length')]).toEqual([
      200,
      '0123456789',
      '10',
    ]);
    expect(whole.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''config.json");
    expect(whole.headers.get('etag')).toBe(`"${sha256('0123456789')}"`);
    for (const [range, text] of [
      ['bytes=2-4', '234'],
      ['bytes=7-', '789'],
      ['bytes=-2', '89'],
      ['bytes=8-99', '89'],
    ] as const) {
      const part = await content(range);
      expect([part.status, part.text], range).toEqual([206, text]);
    }
    // 416 is no answer of this API: RFC 9110 lets a server ignore a range that it cannot give.
    for (const odd of ['bytes=4-2', 'bytes=10-', 'bytes=-0', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=x-']) {
      const answer = await content(odd);
      expect([answer.status, answer.text, answer.headers.get('content-range')], odd).toEqual([
        200,
        '0123456789',
        null,
      ]);
    }
    const head = await api.call('HEAD', `/v1/files/${id}/content`);
    expect([head.status, head.headers.get('content-length'), head.text]).toEqual([200, '10', '']);
    const partOfHead = await api.call('HEAD', `/v1/files/${id}/content`, { headers: { range: 'bytes=2-4' } });
    expect([partOfHead.status, partOfHead.headers.get('content-length')]).toEqual([200, '10']);
    expect(partOfHead.headers.get('content-range')).toBeNull();
  });

  it('gives parts of the bytes that were meant, and of no others', async () => {
    const { id } = await stored('0123456789');
    const etag = `"${sha256('0123456789')}"`;
    const content = (headers: Record<string, string>) =>
      api.call('GET', `/v1/files/${id}/content`, { headers: { range: 'bytes=2-4', ...headers } });
    expect((await content({ 'if-range': etag })).text).toBe('234');
    expect((await content({ 'if-range': '"other"' })).text).toBe('0123456789');
    expect((await content({ 'if-range': 'Wed, 21 Oct 2026 07:28:00 GMT' })).text).toBe('0123456789');
    for (const value of [etag, `"other", ${etag}`, '*'])
      expect((await content({ 'if-match': value })).text).toBe('234');
    const other = await content({ 'if-match': '"other"' });
    expect([other.status, problemIn(other).code]).toEqual([412, 'precondition-failed']);
    const head = await api.call('HEAD', `/v1/files/${id}/content`, { headers: { 'if-match': '"other"' } });
    expect(head.status).toBe(412);
  });

  it('whose bytes were lost is a bug of ours, and its problem is not the file', async () => {
    const { id, sha256: digest } = await stored('lost');
    await rm(pathOf(digest));
    const answer = await api.call('GET', `/v1/files/${id}/content`, { headers: { range: 'bytes=1-2' } });
    expect([answer.status, problemIn(answer).code]).toEqual([500, 'internal']);
    for (const header of ['etag', 'accept-ranges', 'content-range', 'content-disposition'])
      expect(answer.headers.get(header), header).toBeNull();
    await waitFor(() => api.logs().includes(`the bytes of ${id} are not in the store`));
  });

  it('of nothing is a file too', async () => {
    const { id, bytes } = await stored('');
    expect(bytes).toBe(0);
    const answer = await api.call('GET', `/v1/files/${id}/content`, { headers: { range: 'bytes=0-' } });
    expect([answer.status, answer.text, answer.headers.get('content-length')]).toEqual([200, '', '0']);
  });

  it.each<[string, () => FormData, string, string]>([
    ['no purpose', () => form('x', {}), '/purpose', 'required'],
    ['a purpose that is not offered', () => form('x', { purpose: 'batch_output' }), '/purpose', 'value'],
    ['an unknown field', () => form('x', { purpose: 'model', color: 'red' }), '/color', 'unknown-field'],
    [
      'an expiry that is too soon',
      () => form('x', { purpose: 'model', expires_in_s: '1' }),
      '/expires_in_s',
      'range',
    ],
    [
      'an expiry that is no number',
      () => form('x', { purpose: 'model', expires_in_s: 'soon' }),
      '/expires_in_s',
      'invalid',
    ],
    ['a name with control characters', () => form('x', undefined, 'a\u0007b'), '/file', 'value'],
    [
      'two files',
      () => {
        const data = form('x');
        data.append('file', new Blob(['y']), 'second');
        return data;
      },
      '/file',
      'too-many',
    ],
    [
      'no file',
      () => {
        const data = new FormData();
        data.set('purpose', 'model');
        return data;
      },
      '/file',
      'required',
    ],
    [
      'a file under another name',
      () => {
        const data = form('x');
        data.set('other', new Blob(['y']), 'second');
        return data;
      },
      '/other',
      'unknown-field',
    ],
  ])('with %s is refused and leaves nothing', async (_, data, pointer, code) => {
    const answer = await upload(data());
    expect([answer.status, problemIn(answer).code]).toEqual([422, 'validation']);
    expect(problemIn(answer).errors).toMatchObject([{ pointer, code }]);
    expect(await leftovers()).toEqual([]);
    expect(existsSync(pathOf(sha256('x')))).toBe(false);
  });

  it('over the limit is refused, whether it says so or not, and nothing is kept', async () => {
    const before = (await readdir(join(api.dataDir, 'artifacts'))).sort();
    const declared = await upload(form(new Uint8Array(MAX_BYTES + 100_000)));
    expect([declared.status, problemIn(declared).code]).toEqual([413, 'payload-too-large']);
    const justOver = await upload(form(new Uint8Array(MAX_BYTES + 1)));
    expect([justOver.status, problemIn(justOver).code]).toEqual([413, 'payload-too-large']);
    expect(await send(chunked(MAX_BYTES * 3))).toMatch(/^HTTP\/1.1 413 /);
    expect((await readdir(join(api.dataDir, 'artifacts'))).sort()).toEqual(before);
    expect(await leftovers()).toEqual([]);
    expect((await upload(form(new Uint8Array(MAX_BYTES)))).status).toBe(201);
  });

  it('over the limit leaves the connection to what comes next, once all of it has come', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    let answers = '';
    socket.on('data', (chunk) => {
      answers += chunk.toString();
    });
    const body = multipart('x'.repeat(MAX_BYTES + 100_000));
    socket.write(request(body.slice(0, MAX_BYTES + 50_000), body.length));
    await waitFor(() => answers.includes('HTTP/1.1 413'));
    socket.write(body.slice(MAX_BYTES + 50_000));
    // Longer than one who was told no may go on sending.
    await sleep(6_000);
    socket.write(`GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await waitFor(() => answers.includes('HTTP/1.1 200'));
    socket.destroy();
  });

  it('that is not multipart, or compressed, gets 415', async () => {
    const json = await api.call('POST', '/v1/files', { body: { purpose: 'model' } });
    expect([json.status, problemIn(json).code]).toEqual([415, 'unsupported-media-type']);
    const packed = await upload(form('x'), { headers: { 'content-encoding': 'gzip' } });
    expect([packed.status, problemIn(packed).code]).toEqual([415, 'unsupported-media-type']);
    const job = await api.call('POST', '/v1/jobs', { form: form('x') });
    expect([job.status, problemIn(job).code]).toEqual([415, 'unsupported-media-type']);
  });

  it.each([
    ['without its end', multipart('file-content').replace(/--b--\r\n$/, '')],
    ['cut off in the file', multipart('file-content').slice(0, -20)],
    ['without parts', 'nothing like multipart'],
  ])('%s gets 400', async (_, body) => {
    const answer = await send(request(body));
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('"code":"malformed-multipart"');
    expect(await leftovers()).toEqual([]);
  });

  it('whose client goes away leaves nothing', async () => {
    const socket = connect(Number(new URL(api.url).port), new URL(api.url).hostname);
    socket.write(request(multipart('x'.repeat(100_000)), 1_000_000));
    await waitFor(async () => (await leftovers()).length === 1);
    socket.destroy();
    await waitFor(async () => (await leftovers()).length === 0);
  });

  it('whose client falls silent is ended', { timeout: 60_000 }, async () => {
    const answer = await send(request(multipart('x'.repeat(1_000)).slice(0, 500), 100_000), 45_000);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    await waitFor(async () => (await leftovers()).length === 0);
  });

  it('is made once under one idempotency key', async () => {
    const send = (content: string) => upload(form(content), { headers: { 'idempotency-key': 'once' } });
    const first = (await send('same')).body as StoredFile;
    const again = await send('same');
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(again.body).toEqual(first);
    const other = await send('other');
    expect([other.status, problemIn(other).code]).toEqual([422, 'idempotency-key-reused']);
  });

  it('is one file, whoever comes first of sixteen at once with one key', async () => {
    const send = () => upload(form('sixteen'), { headers: { 'idempotency-key': 'sixteen' } });
    const answers = await Promise.all(Array.from({ length: 16 }, send));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 201));
    expect(new Set(answers.map(({ body }) => (body as StoredFile).id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(15);
  });
});

describe('files', () => {
  it('are listed newest first, page by page, by purpose', async () => {
    const ids = [(await stored('1')).id, (await stored('2')).id, (await stored('3')).id];
    const first = (await api.call('GET', '/v1/files?limit=2&purpose=model')).body as Page<StoredFile>;
    expect(first.data.map((file) => file.id)).toEqual([ids[2], ids[1]]);
    const next = await api.call('GET', `/v1/files?limit=2&purpose=model&cursor=${first.next_cursor}`);
    expect((next.body as Page<StoredFile>).data[0]!.id).toBe(ids[0]);
    for (const query of ['purpose=x', 'limit=0', 'color=red']) {
      const answer = await api.call('GET', `/v1/files?${query}`);
      expect([answer.status, problemIn(answer).code]).toEqual([400, 'invalid-query']);
    }
    const foreign = await api.call('GET', `/v1/files?limit=2&cursor=${first.next_cursor}`);
    expect(problemIn(foreign).code).toBe('invalid-cursor');
  });

  it('are deleted with their bytes, unless another file has the same', async () => {
    const [one, two] = [await stored('shared'), await stored('shared')];
    // A worker removes bytes, and none runs here.
    const removed = async () => {
      const digests: string[] = [];
      await api.store.contents.removeUnreferenced(async (digest) => void digests.push(digest));
      return digests;
    };
    await removed();
    expect((await api.call('DELETE', `/v1/files/${one.id}`)).status).toBe(204);
    expect(await removed()).toEqual([]);
    expect((await api.call('DELETE', `/v1/files/${one.id}`)).status).toBe(404);
    expect((await api.call('DELETE', `/v1/files/${two.id}`)).status).toBe(204);
    expect(existsSync(pathOf(one.sha256))).toBe(true);
    expect(await removed()).toEqual([one.sha256]);
  });

  it('are not a stranger’s business', async () => {
    const { id } = await stored('mine');
    const missing = toPublicId('file', newUuid());
    for (const [method, suffix] of [
      ['GET', ''],
      ['GET', '/content'],
      ['DELETE', ''],
    ] as const) {
      const answers = await Promise.all(
        [id, missing, 'file_!'].map(async (path) => {
          const answer = await api.call(method, `/v1/files/${path}${suffix}`, { key: api.strangerKey });
          const { request_id: _, instance: __, ...rest } = problemIn(answer);
          return rest;
        }),
      );
      expect(answers[0]).toMatchObject({ status: 404, code: 'not-found' });
      expect(answers[1]).toEqual(answers[0]);
      expect(answers[2]).toEqual(answers[0]);
    }
    expect((await api.call('GET', '/v1/files', { key: api.strangerKey })).body).toEqual({
      data: [],
      next_cursor: null,
    });
    expect((await api.call('GET', `/v1/files/${id}`)).status).toBe(200);
  });

  it('need scopes and know their methods', async () => {
    const reader = await api.keyWith(['read']);
    const answer = await upload(form('x'), { key: reader });
    expect([answer.status, problemIn(answer)]).toMatchObject([403, { required_scope: 'infer' }]);
    const put = await api.call('PUT', '/v1/files');
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
    expect((await api.call('GET', '/v1/limits')).body).toMatchObject({ max_model_bytes: MAX_BYTES });
  });
});

function multipart(content: string): string {
  return (
    '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nmodel\r\n' +
    `--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n${content}\r\n--b--\r\n`
  );
}

const HEAD = () =>
  `POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\nContent-Type: multipart/form-data; boundary=b\r\n`;
const request = (body: string, length = body.length) => `${HEAD()}Content-Length: ${length}\r\n\r\n${body}`;
const chunked = (bytes: number) => {
  const body = multipart('x'.repeat(bytes));
  return `${HEAD()}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
};

/** What the server answers to these bytes, up to the end of its answer. */
function send(bytes: string, waitMs = 10_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let answer = '';
    const timer = setTimeout(() => socket.destroy(), waitMs);
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (answer.includes('}')) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}
