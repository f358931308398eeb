import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Batch, Model, StoredFile, Version } from '@heddle/contracts';
import { startHeddle, startS3, TestClient, type TestHeddle, type TestS3, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const TOPIC = join(REPOSITORY, 'models', 'topic');
/** The sweep of expired files comes every minute. */
const SWEEP_TIMEOUT_MS = 90_000;

let s3: TestS3;
let bucket: string;
let system: TestHeddle;
let client: TestClient;
beforeAll(async () => {
  s3 = await startS3();
  bucket = await s3.createBucket();
  system = await startHeddle({ env: settings() });
  client = new TestClient(system.url, system.key);
}, 240_000);
afterAll(async () => {
  await system?.stop();
  await s3.stop();
});

const settings = () => ({
  HEDDLE_ARTIFACTS: `s3://${bucket}/live`,
  HEDDLE_S3_ENDPOINT: s3.endpoint,
  HEDDLE_S3_REGION: s3.region,
  HEDDLE_S3_ACCESS_KEY_ID: s3.accessKeyId,
  HEDDLE_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
});
const keys = () => s3.keys(bucket);
const isStored = async ({ sha256 }: StoredFile) =>
  (await keys()).includes(`live/${sha256.slice(0, 2)}/${sha256}`);
function formOf(content: string | Buffer<ArrayBuffer>, name = 'config.json'): FormData {
  const form = new FormData();
  form.set('purpose', 'model');
  form.set('file', new Blob([content]), name);
  return form;
}
const upload = (content: string | Buffer<ArrayBuffer>, name?: string) =>
  client.upload<StoredFile>('/v1/files', formOf(content, name));
const download = (file: StoredFile, headers: Record<string, string> = {}) =>
  fetch(`${system.url}/v1/files/${file.id}/content`, {
    headers: { authorization: `Bearer ${system.key}`, ...headers },
  });

describe('a fleet whose artefacts are in S3', () => {
  it('serves models that no disk of its own holds', async () => {
    expect(existsSync(join(system.dataDir, 'artifacts'))).toBe(false);
    expect((await keys()).length).toBeGreaterThan(8);
    const job = { model: 'sentiment', inputs: ['I loved it'] };
    const before = await client.run(job);
    expect(before.status).toBe('succeeded');

    await system.kill('worker');
    await rm(join(system.dataDir, 'cache'), { recursive: true });
    await system.start('worker');
    const after = await client.run(job);
    expect(after.results?.[0]?.output).toEqual(before.results?.[0]?.output);
    expect((await readdir(join(system.dataDir, 'cache'))).length).toBeGreaterThan(0);
  });

  it('tokenises with what it fetches', async () => {
    const body = { model: 'sentiment', inputs: ['I loved it'] };
    const { data } = await client.request<{ data: unknown[] }>('POST', '/v1/tokenize', body);
    expect(data).toHaveLength(1);
  });

  it('takes files and gives them back, whole and in parts, until the last of the same bytes is deleted', {
    timeout: 240_000,
  }, async () => {
    const [one, two] = [await upload('0123456789'), await upload('0123456789')];
    expect(await (await download(one)).text()).toBe('0123456789');
    const part = await download(two, { range: 'bytes=2-4' });
    expect([part.status, await part.text()]).toEqual([206, '234']);
    const noted = () => system.database.query('SELECT 1 FROM content_removals');
    for (const [file, kept] of [
      [one, true],
      [two, false],
    ] as const) {
      const { status } = await fetch(`${system.url}/v1/files/${file.id}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${system.key}` },
      });
      expect(status).toBe(204);
      await waitFor(async () => (await noted()).length === 0, { timeoutMs: SWEEP_TIMEOUT_MS });
      expect(await isStored(file)).toBe(kept);
    }
  });

  it('refuses uploads while the store is away, keeps nothing of them, and goes on afterwards', async () => {
    await s3.kill();
    const refused = await fetch(`${system.url}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${system.key}` },
      body: formOf('too early'),
    });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await refused.text()).not.toContain(String(s3.port));
    expect((await client.run({ model: 'sentiment', inputs: ['still here'] })).status).toBe('succeeded');
    await s3.restart();
    const { data } = await client.request<{ data: StoredFile[] }>('GET', '/v1/files');
    expect(data).toEqual([]);
    expect(await isStored(await upload('too early'))).toBe(true);
  });

  it('ends a batch whose files a full bucket has refused for some time, and keeps no rows of its tries', {
    timeout: 120_000,
  }, async () => {
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob(['{"custom_id":"a","input":"Stocks fell"}']), 'lines.jsonl');
    const { id: file } = await client.upload<StoredFile>('/v1/files', form);
    const rows = () => system.database.query('SELECT id FROM files ORDER BY id');
    const before = { rows: await rows(), keys: await keys() };
    await s3.setQuota(1);
    try {
      const { id } = await client.request<Batch>('POST', '/v1/batches', { file, model: 'topic' });
      const get = () => client.request<Batch>('GET', `/v1/batches/${id}`);
      const attempts = async () =>
        (
          await system.database.query<{ attempt: number }>(
            `SELECT attempt FROM batches WHERE state = 'finalizing'`,
          )
        )[0]?.attempt ?? 0;
      await waitFor(async () => (await get()).status === 'finalizing', { timeoutMs: 30_000 });
      const first = await attempts();
      await waitFor(async () => (await attempts()) >= first + 3, { timeoutMs: 30_000 });
      // One try may be under way.
      await waitFor(async () => (await rows()).length === before.rows.length);
      expect((await rows()).length).toBeLessThanOrEqual(before.rows.length + 1);
      expect(await keys()).toEqual(before.keys);
      expect((await get()).status).toBe('finalizing');
      await s3.setQuota(null);
      await waitFor(async () => (await get()).status === 'succeeded', { timeoutMs: 30_000 });
      const { output_file: output, counts } = await get();
      expect(counts).toMatchObject({ total: 1, succeeded: 1 });
      expect(await (await download({ id: output } as StoredFile)).text()).toContain('"custom_id":"a"');
    } finally {
      await s3.setQuota(null);
    }
  });

  it('heals when the store comes back: a worker that started without it, an import that began without it', {
    timeout: 180_000,
  }, async () => {
    await client.request<Model>('POST', '/v1/models', { name: 'late' });
    const names = await readdir(TOPIC);
    const files = await Promise.all(
      names.map(async (name) => (await upload(await readFile(join(TOPIC, name)), name)).id),
    );
    await s3.kill();
    const source = { type: 'files', files };
    const version = await client.request<Version>('POST', '/v1/models/late/versions', { source });
    await system.kill('worker');
    await rm(join(system.dataDir, 'cache'), { recursive: true });
    await system.start('worker');
    const job = await client.submit({ model: 'sentiment', inputs: ['I loved it'] });
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    expect((await client.get(job.id)).status).toBe('queued');
    await s3.restart();
    const back = performance.now();
    await waitFor(async () => (await client.get(job.id)).status === 'succeeded', { timeoutMs: 60_000 });
    expect(performance.now() - back).toBeLessThan(60_000);
    const path = `/v1/models/${version.model}/versions/${version.number}`;
    await waitFor(async () => (await client.request<Version>('GET', path)).progress === null, {
      timeoutMs: 90_000,
    });
    expect(await client.request<Version>('GET', path)).toMatchObject({ status: 'ready', error: null });
  });

  it('removes what has expired, and no bytes that another file still has', { timeout: 120_000 }, async () => {
    const [gone, shared, keeper] = [await upload('gone'), await upload('shared'), await upload('shared')];
    await system.database.query(
      `UPDATE files SET expires_at = now() - interval '1 s' WHERE filename = 'config.json'
         AND sha256 IN ('${gone.sha256}', '${shared.sha256}')
         AND id <> (SELECT id FROM files WHERE sha256 = '${keeper.sha256}' ORDER BY id DESC LIMIT 1)`,
    );
    for (const file of [gone, shared]) expect((await download(file)).status).toBe(404);
    await waitFor(async () => !(await isStored(gone)), { timeoutMs: SWEEP_TIMEOUT_MS });
    expect(await isStored(keeper)).toBe(true);
    expect(await (await download(keeper)).text()).toBe('shared');
  });

  it.each(['api', 'worker'])('has no %s whose key the bucket refuses', async (app) => {
    const child = fork(join(REPOSITORY, 'apps', app, 'dist', 'main.js'), {
      env: {
        PATH: process.env.PATH,
        HEDDLE_DATABASE_URL: system.database.url,
        HEDDLE_DATA_DIR: system.dataDir,
        HEDDLE_PORT: '0',
        ...settings(),
        HEDDLE_S3_SECRET_ACCESS_KEY: 'that-of-somebody-else',
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const [stderr, [status]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
    expect(status).toBe(78);
    expect(stderr).toMatch(/^artifacts-unavailable: .*HEDDLE_ARTIFACTS.*HTTP status 403/m);
    expect(stderr).not.toContain('that-of-somebody-else');
  });

  it('says nothing of its keys in any log', () => {
    expect(system.logs()).not.toContain(s3.secretAccessKey);
    expect(system.logs()).not.toContain(s3.accessKeyId);
  });
});
