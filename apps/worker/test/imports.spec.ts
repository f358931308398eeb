import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Job, Model, StoredFile, Version } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, openBackend } from './backends.js';
import { leftovers } from './leftovers.js';

const MODELS = fileURLToPath(new URL('../../../models', import.meta.url));
const HOSTILE = fileURLToPath(new URL('../../../libs/checkpoint/src/__fixtures__/hostile', import.meta.url));
/** A short lease makes a dead worker known within the test's patience; the mechanism is the same. */
const ENV = { HEDDLE_LEASE_MS: '4000', HEDDLE_INFERENCE_TIMEOUT_MS: '3000', HEDDLE_INFERENCE_CHILDREN: '1' };
const TIMEOUT = { timeout: 120_000 };
/** A sweep comes every minute. */
const SWEEP_TIMEOUT_MS = 90_000;

let heddle: TestHeddle;
let client: TestClient;
let folder: string;
let models = 0;

async function start(backend: (typeof BACKENDS)[number]): Promise<() => Promise<void>> {
  const { redisUrl, stop } = await openBackend(backend);
  heddle = await startHeddle({ env: ENV, ...(redisUrl ? { redisUrl } : {}) });
  client = new TestClient(heddle.url, heddle.key);
  folder = await mkdtemp(join(tmpdir(), 'heddle-imports-'));
  return async () => {
    await heddle.stop();
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
}

async function newModel(): Promise<string> {
  const name = `imported-${++models}`;
  await client.request<Model>('POST', '/v1/models', { name });
  return name;
}
async function upload(path: string, name: string): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'model');
  form.set('file', new Blob([await readFile(path)]), name);
  return (await client.upload<StoredFile>('/v1/files', form)).id;
}
async function uploadFolder(dir: string): Promise<string[]> {
  const names = (await readdir(dir)).sort();
  return Promise.all(names.map((name) => upload(join(dir, name), name)));
}
const importInto = (model: string, source: Version['source'], more: object = {}) =>
  client.request<Version>('POST', `/v1/models/${model}/versions`, { source, ...more });
const importFolder = async (model: string, dir: string, more: object = {}) =>
  importInto(model, { type: 'files', files: await uploadFolder(dir) }, more);
const get = ({ model, number }: Version, wait = 0) =>
  client.request<Version>('GET', `/v1/models/${model}/versions/${number}`, undefined, {
    prefer: `wait=${wait}`,
  });
async function ended(version: Version): Promise<Version> {
  const now = await get(version, 60);
  return now.progress === null ? now : ended(version);
}
async function remove(path: string): Promise<number> {
  const headers = { authorization: `Bearer ${heddle.key}` };
  return (await fetch(heddle.url + path, { method: 'DELETE', headers })).status;
}
const removeVersion = ({ model, number }: Version) => remove(`/v1/models/${model}/versions/${number}`);
async function copyOf(name: string, change: (dir: string) => Promise<unknown>): Promise<string> {
  const dir = await mkdtemp(join(folder, 'checkpoint-'));
  await cp(join(MODELS, name), dir, { recursive: true });
  await change(dir);
  return dir;
}
const changeConfig = (change: object) => async (dir: string) => {
  const config = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8')) as object;
  await writeFile(join(dir, 'config.json'), JSON.stringify({ ...config, ...change }));
};
/** Row of an import, as the database has it. */
async function row(version: Version) {
  const [found] = await heddle.database.query<{
    attempt: number;
    lost: number;
    status: string;
    held: boolean;
  }>(
    `SELECT v.attempt, v.lost, v.status, v.lease_until IS NOT NULL AS held FROM versions v JOIN models m ON m.id = v.model_id
      WHERE m.name = '${version.model}' AND v.number = ${version.number}`,
  );
  return found!;
}
const claimed = (version: Version) => waitFor(async () => (await row(version)).held, { timeoutMs: 20_000 });

async function contents(): Promise<string[]> {
  const root = join(heddle.dataDir, 'artifacts');
  const folders = (await readdir(root)).filter((name) => name !== 'tmp');
  return (await Promise.all(folders.map((name) => readdir(join(root, name))))).flat().sort();
}

describe.each(BACKENDS)('import, signals over %s', (backend) => {
  let stop: () => Promise<void>;
  beforeAll(async () => {
    stop = await start(backend);
  });
  afterAll(() => stop());

  it('of files ends ready, in order, and answers like the same model elsewhere', TIMEOUT, async () => {
    const model = await newModel();
    const version = await importFolder(model, join(MODELS, 'sentiment'), { notes: 'by hand' });
    const seen: string[] = [];
    const percents: number[] = [];
    await waitFor(
      async () => {
        const { status, progress } = await get(version);
        if (seen.at(-1) !== status) {
          seen.push(status);
          percents.length = 0;
        }
        if (progress) {
          expect(progress.percent).toBeGreaterThanOrEqual(percents.at(-1) ?? 0);
          percents.push(progress.percent);
        }
        return progress === null;
      },
      { timeoutMs: 60_000 },
    );
    const order = ['importing', 'converting', 'verifying', 'ready'];
    expect(seen).toEqual(order.filter((state) => seen.includes(state)));
    expect([seen[0], seen.at(-1)]).toEqual(['importing', 'ready']);

    const ready = await get(version);
    expect(ready).toMatchObject({
      labels: ['negative', 'positive'],
      family: 'deberta-v3',
      notes: 'by hand',
      warm: false,
      error: null,
    });
    expect(ready.report!.files_ignored.map(({ name }) => name)).toContain('README.md');
    expect(ready.report!.parity.outputs[0]!.max_abs_difference).toBeLessThan(1e-4);
    expect(ready.report!.sizes.version_bytes).toBe(ready.bytes);

    const inputs = ['I loved it', 'Two hours I will never get back'];
    const [own, shipped] = await Promise.all([
      client.run({ model, inputs }),
      client.run({ model: 'sentiment', inputs }),
    ]);
    expect(own.status).toBe('succeeded');
    expect(own.results).toEqual(shipped.results);
    expect(await leftovers(heddle.dataDir)).toEqual([]);
  });

  it('is canceled by deleting the version, wherever it is', { timeout: 180_000 }, async () => {
    const model = await newModel();
    const before = await contents();
    const version = await importFolder(model, join(MODELS, 'nli'));
    await claimed(version);
    expect(await removeVersion(version)).toBe(204);
    await waitFor(async () => (await leftovers(heddle.dataDir)).length === 0, { timeoutMs: 20_000 });
    const files = version.source?.type === 'files' ? version.source.files : [];
    for (const id of files) expect(await remove(`/v1/files/${id}`)).toBe(204);
    // What earlier imports left is swept with it.
    const isNew = (name: string) => !before.includes(name);
    await waitFor(async () => !(await contents()).some(isNew), { timeoutMs: SWEEP_TIMEOUT_MS });
    const list = await client.request<{ data: Version[] }>('GET', `/v1/models/${model}/versions`);
    expect(list.data).toEqual([]);
  });

  it('whose worker is killed is taken up again: one version, nothing left behind', TIMEOUT, async () => {
    const model = await newModel();
    const version = await importFolder(model, join(MODELS, 'topic'));
    await claimed(version);
    await waitFor(async () => (await leftovers(heddle.dataDir)).length > 0);
    await heddle.kill('worker');
    expect(await leftovers(heddle.dataDir)).not.toEqual([]);
    await heddle.start('worker');
    const ready = await ended(version);
    expect(ready.status).toBe('ready');
    expect(await row(version)).toMatchObject({ attempt: 2, lost: 1 });
    const list = await client.request<{ data: Version[] }>('GET', `/v1/models/${model}/versions`);
    expect(list.data).toHaveLength(1);
    expect(await leftovers(heddle.dataDir)).toEqual([]);
    expect(await readdir(join(heddle.dataDir, 'tmp'))).toEqual([]);
    expect((await client.run({ model, inputs: ['stocks fell'] })).status).toBe('succeeded');
  });
});

describe('import, however it comes and goes', () => {
  let stop: () => Promise<void>;
  beforeAll(async () => {
    stop = await start('postgres');
  });
  afterAll(() => stop());

  it('of an archive ends ready too, and becomes the default when the alias says so', TIMEOUT, async () => {
    const model = await newModel();
    const first = await ended(await importFolder(model, join(MODELS, 'topic')));
    expect(first.status).toBe('ready');
    const archive = join(folder, 'model.tar.gz');
    await promisify(execFile)('tar', ['czf', archive, '-C', MODELS, 'sentiment']);
    const file = await upload(archive, 'My model (1).tar.gz');
    const second = await ended(await importInto(model, { type: 'archive', file }));
    expect(second).toMatchObject({ status: 'ready', number: 2, source: { type: 'archive', file } });
    const answer = async () => (await client.run({ model, inputs: ['I loved it'] })).version_number;
    expect(await answer()).toBe(1);
    await client.request('PUT', `/v1/models/${model}/aliases/production`, { version: 2 });
    expect(await answer()).toBe(2);
  });

  it('is given back by a worker that drains, and goes on elsewhere', TIMEOUT, async () => {
    const version = await importFolder(await newModel(), join(MODELS, 'ner'));
    await claimed(version);
    const worker = heddle.process('worker');
    const exited = once(worker, 'exit');
    worker.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(await row(version)).toMatchObject({ status: 'importing', held: false, lost: 0 });
    expect(await leftovers(heddle.dataDir)).toEqual([]);
    await heddle.start('worker');
    expect((await ended(version)).status).toBe('ready');
    expect(await row(version)).toMatchObject({ attempt: 2, lost: 0 });
  });
});

describe('an import that is refused', () => {
  let stop: () => Promise<void>;
  beforeAll(async () => {
    stop = await start('postgres');
  });
  afterAll(() => stop());

  it.each<[string, (dir: string) => Promise<unknown>, string, RegExp]>([
    ['no weights', (dir) => rm(join(dir, 'model.safetensors')), 'not-a-checkpoint', /weights/],
    ['cut-off weights', (dir) => truncate(join(dir, 'model.safetensors'), 1_000_000), 'invalid-weights', /./],
    ['missing tensors', changeConfig({ num_hidden_layers: 9 }), 'missing-tensors', /layer\.4/],
    ['weights that are not finite', nanAtEnd, 'model-nonfinite', /finite|NaN/i],
    ['weights that would run something', hostilePickle, 'unsafe-pickle', /./],
    [
      'a broken tokenizer',
      (dir) => writeFile(join(dir, 'tokenizer.json'), '{"a'),
      'unsupported-tokenizer',
      /./,
    ],
    ['a larger vocabulary than the model', otherTokenizer, 'unsupported-tokenizer', /./],
    [
      'a broken configuration',
      (dir) => writeFile(join(dir, 'config.json'), '{'),
      'invalid-config',
      /config\.json/,
    ],
    ['another architecture', changeConfig({ model_type: 'bert' }), 'unsupported-architecture', /bert/],
  ])('for %s says so and leaves nothing', TIMEOUT, async (_, change, code, message) => {
    const model = await newModel();
    const version = await importFolder(model, await copyOf('sentiment', change));
    const uploaded = await contents();
    const failed = await ended(version);
    expect(failed).toMatchObject({ status: 'failed', error: { code }, report: null, sha256: null });
    expect(failed.error!.message).toMatch(message);
    expect(failed.error!.message).not.toContain(heddle.dataDir);
    expect(await leftovers(heddle.dataDir)).toEqual([]);
    // What was deleted before may go meanwhile.
    expect(uploaded).toEqual(expect.arrayContaining(await contents()));
    expect(await client.request<Model>('GET', `/v1/models/${model}`)).toMatchObject({
      latest_version: null,
      aliases: {},
    });
    const job = client.submit({ model: `${model}@1`, inputs: ['x'] });
    await expect(job).rejects.toThrow(/409 .*version-not-ready/);
  });

  it.each<[string, string, string]>([
    ['no archive', 'neither zip nor tar', 'unsafe-archive'],
    ['an archive of nothing', '', 'unsafe-archive'],
  ])('for %s says so', TIMEOUT, async (_, content, code) => {
    const path = join(folder, 'broken.zip');
    await writeFile(path, content);
    const file = await upload(path, 'broken.zip');
    const failed = await ended(await importInto(await newModel(), { type: 'archive', file }));
    expect(failed).toMatchObject({ status: 'failed', error: { code } });
    expect(await leftovers(heddle.dataDir)).toEqual([]);
  });

  it('for an archive that reaches out of its folder says so', TIMEOUT, async () => {
    const path = join(folder, 'outside.tar');
    const model = join(MODELS, 'topic');
    await promisify(execFile)('tar', ['-cPf', path, '-C', model, '--transform', 's,^,../,', 'config.json']);
    const file = await upload(path, 'outside.tar');
    const failed = await ended(await importInto(await newModel(), { type: 'archive', file }));
    expect(failed).toMatchObject({ status: 'failed', error: { code: expect.stringMatching(/^unsafe-/) } });
    expect(await leftovers(heddle.dataDir)).toEqual([]);
  });

  it('for being there already names the version', TIMEOUT, async () => {
    const model = await newModel();
    const first = await ended(await importFolder(model, join(MODELS, 'topic')));
    const second = await ended(await importFolder(model, join(MODELS, 'topic')));
    expect(second).toMatchObject({ status: 'failed', error: { code: 'already-exists', version: first.id } });
    expect((await client.run({ model, inputs: ['x'] })).status).toBe('succeeded');
  });

  it('does not disturb one that is served, and a deleted version leaves the worker', TIMEOUT, async () => {
    const model = await newModel();
    const version = await ended(await importFolder(model, join(MODELS, 'topic')));
    const job = (text: string) => client.run({ model, inputs: [text] });
    expect((await job('stocks fell')).status).toBe('succeeded');
    const cached = async () => readdir(join(heddle.dataDir, 'cache'));
    const before = (await cached()).length;
    await remove(`/v1/models/${model}/aliases/production`);
    expect(await removeVersion(version)).toBe(204);
    await waitFor(async () => (await cached()).length === before - 1);
    const again = await ended(await importFolder(model, join(MODELS, 'topic')));
    expect([again.status, again.number]).toEqual(['ready', 2]);
    expect((await client.run({ model: `${model}@2`, inputs: ['stocks fell'] })) as Job).toMatchObject({
      status: 'succeeded',
      version_number: 2,
    });
  });
});

/** The last value of the file becomes a NaN: all bits set, in every float type. */
async function nanAtEnd(dir: string): Promise<void> {
  const file = await open(join(dir, 'model.safetensors'), 'r+');
  const { size } = await file.stat();
  await file.write(Buffer.from([0xff, 0xff, 0xff, 0xff]), 0, 4, size - 4);
  await file.close();
}

async function hostilePickle(dir: string): Promise<void> {
  await rm(join(dir, 'model.safetensors'));
  await cp(join(HOSTILE, 'pickle-os-system-zip', 'pytorch_model.bin'), join(dir, 'pytorch_model.bin'));
}

/** A tokenizer with more pieces than the model has embeddings. */
async function otherTokenizer(dir: string): Promise<void> {
  const path = join(dir, 'tokenizer.json');
  const tokenizer = JSON.parse(await readFile(path, 'utf8')) as { model: { vocab: [string, number][] } };
  for (let i = 0; i < 100; i++) tokenizer.model.vocab.push([`\u2581extra${i}`, -20]);
  await writeFile(path, JSON.stringify(tokenizer));
}
