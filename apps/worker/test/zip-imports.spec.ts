import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Model, StoredFile, Version } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, type ZipFile, zip } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftovers } from './leftovers.js';

const run = promisify(execFile);
const MODEL = fileURLToPath(
  new URL('../../../libs/deberta/src/tasks/__fixtures__/pipelines/rerank', import.meta.url),
);
const NAMES = ['config.json', 'model.safetensors', 'spm.model', 'tokenizer_config.json'];
const hasZip = await run('zip', ['-v']).then(
  () => true,
  () => false,
);
if (!hasZip) console.log('not run: an archive of Info-ZIP, which is not installed');

let heddle: TestHeddle;
let client: TestClient;
let checkpoint: ZipFile[];
let models = 0;

beforeAll(async () => {
  heddle = await startHeddle({ env: { HEDDLE_INFERENCE_CHILDREN: '1' } });
  client = new TestClient(heddle.url, heddle.key);
  checkpoint = await Promise.all(
    NAMES.map(async (name) => ({ name, data: await readFile(join(MODEL, name)) })),
  );
});
afterAll(() => heddle.stop());

/** Uploads an archive and imports it into a model of its own; how that ended. */
async function imported(archive: Buffer, more: object = {}): Promise<Version> {
  const model = `zip-${++models}`;
  await client.request<Model>('POST', '/v1/models', { name: model });
  const form = new FormData();
  form.set('purpose', 'model');
  form.set('file', new Blob([Uint8Array.from(archive)]), 'My model (1).zip');
  const { id: file } = await client.upload<StoredFile>('/v1/files', form);
  const path = `/v1/models/${model}/versions`;
  let version = await client.request<Version>('POST', path, { source: { type: 'archive', file }, ...more });
  while (version.progress !== null)
    version = await client.request<Version>('GET', `${path}/1`, undefined, { prefer: 'wait=60' });
  expect(await leftovers(heddle.dataDir)).toEqual([]);
  return version;
}

async function expectServed(version: Version): Promise<void> {
  expect([version.status, version.error]).toEqual(['ready', null]);
  expect(version.report!.files_read.map(({ name }) => name).sort()).toEqual(NAMES);
  const job = await client.run({
    model: version.model,
    task: 'rerank',
    inputs: [{ query: 'a', documents: ['b'] }],
  });
  expect(job.status).toBe('succeeded');
}

const inFolder = (folder: string, files: ZipFile[]) =>
  files.map((file) => ({ ...file, name: `${folder}/${file.name}` }));
const deflated = (files: ZipFile[]) => files.map((file) => ({ ...file, deflate: true }));

describe('a .zip is imported and served', { timeout: 120_000 }, () => {
  it('with its files stored at the top', async () => {
    await expectServed(await imported(zip(checkpoint)));
  });

  it('with its files deflated in a folder, beside what is no part of a checkpoint', async () => {
    const other = Buffer.from('{"other": true}');
    const files: ZipFile[] = [
      { name: 'my model/', mode: 0o040755 },
      ...inFolder('my model', deflated(checkpoint)).map((file) => ({
        ...file,
        descriptor: true,
        mode: 0o100644,
      })),
      { name: 'my model/README.md', data: Buffer.from('# A model'), deflate: true },
      { name: 'my model/onnx/config.json', data: other },
      { name: '__MACOSX/my model/._config.json', data: other },
    ];
    const version = await imported(zip(files));
    await expectServed(version);
    expect(version.report!.files_ignored.map(({ name }) => name)).toEqual(['README.md']);
  });

  it('with 64-bit sizes', async () => {
    await expectServed(await imported(zip(deflated(checkpoint), { zip64: true })));
  });

  it.runIf(hasZip)('as Info-ZIP writes it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heddle-zip-'));
    const path = join(folder, 'model.zip');
    await run('zip', ['-r', path, 'rerank', '-x', '*manifest.json'], { cwd: join(MODEL, '..') });
    const archive = await readFile(path);
    await rm(folder, { recursive: true });
    await expectServed(await imported(archive));
  });
});

describe('a .zip of sentence-transformers', { timeout: 120_000 }, () => {
  const embed = async (version: Version, parameters: object = {}) => {
    const body = { model: version.model, inputs: ['a station'], parameters };
    const { results } = await client.run(body);
    return results![0]!;
  };
  const sentenceTransformer = (mode: string) => {
    const kinds = ['Transformer', 'Pooling'];
    const modules = kinds.map((kind, i) => ({
      path: i === 0 ? '' : `${i}_${kind}`,
      type: `sentence_transformers.models.${kind}`,
    }));
    const pooling = { pooling_mode_mean_tokens: false, [`pooling_mode_${mode}`]: true };
    return zip([
      ...checkpoint,
      { name: 'modules.json', data: Buffer.from(JSON.stringify(modules)) },
      { name: '1_Pooling/config.json', data: Buffer.from(JSON.stringify(pooling)) },
    ]);
  };

  it('pools as the checkpoint does, unless a request says otherwise', async () => {
    const version = await imported(sentenceTransformer('cls_token'), { head: 'features' });
    expect(version).toMatchObject({
      status: 'ready',
      report: { vectors: { steps: ['cls_token'], default: true } },
    });
    expect(version.report!.files_read.map(({ name }) => name)).toContain('1_Pooling.config.json');
    const own = await embed(version);
    expect(own).toEqual(await embed(version, { pooling: 'cls', normalize: true }));
    expect(own).not.toEqual(await embed(version, { normalize: false }));
    expect(own).not.toEqual(await embed(version, { pooling: 'mean' }));
  });

  it('asks for the pooling where it knows another than the two', async () => {
    const version = await imported(sentenceTransformer('max_tokens'), { head: 'features' });
    expect(version.report).toMatchObject({ vectors: { steps: ['max_tokens'], default: false } });
    expect(await embed(version)).toMatchObject({
      error: { code: 'invalid-input', supported: ['mean', 'cls'] },
    });
    expect(await embed(version, { pooling: 'mean' })).toMatchObject({
      output: { embedding: expect.any(Array) },
    });
  });
});

describe('a .zip is refused, and nothing of it is left', { timeout: 60_000 }, () => {
  const config: ZipFile = { name: 'config.json', data: Buffer.from('{}') };
  it.each<[string, () => Buffer, string]>([
    [
      'a file that unpacks to a thousand times its size',
      () => zip([...checkpoint, { name: 'zeros', data: Buffer.alloc(64 * 1024 * 1024), deflate: true }]),
      'archive-limits',
    ],
    [
      'many files that do together',
      () =>
        zip(
          Array.from({ length: 20 }, (_, i) => ({
            name: `f${i}`,
            data: Buffer.alloc(8 * 1024 * 1024),
            deflate: true,
          })),
        ),
      'archive-limits',
    ],
    [
      'more files than a checkpoint has',
      () => zip(Array.from({ length: 1001 }, (_, i) => ({ name: `f${i}` }))),
      'archive-limits',
    ],
    ['a name that leaves its folder', () => zip([{ ...config, name: '../outside.json' }]), 'unsafe-archive'],
    ['a name that does so further down', () => zip(inFolder('m/../..', [config])), 'unsafe-archive'],
    ['an absolute name', () => zip([{ ...config, name: '/tmp/outside.json' }]), 'unsafe-archive'],
    ['a name of Windows', () => zip([{ ...config, name: '..\\outside.json' }]), 'unsafe-archive'],
    [
      'a symbolic link',
      () => zip([{ name: 'config.json', data: Buffer.from('/etc/passwd'), mode: 0o120777 }]),
      'unsafe-archive',
    ],
    ['the same name twice', () => zip([...checkpoint, config]), 'unsafe-archive'],
    [
      'the same name twice but for case',
      () => zip([...checkpoint, { ...config, name: 'CONFIG.json' }]),
      'unsafe-archive',
    ],
    ['an encrypted file', () => zip([...checkpoint.slice(1), { ...config, flags: 1 }]), 'unsafe-archive'],
    ['files that overlap', () => zip([config, { ...config, name: 'b', headerOffset: 1 }]), 'unsafe-archive'],
    ['a damaged file', () => zip([...checkpoint.slice(1), { ...config, crc: 1 }]), 'unsafe-archive'],
    ['its end cut off', () => zip(checkpoint).subarray(0, -30), 'unsafe-archive'],
    ['nothing in it', () => zip([]), 'unsafe-archive'],
    ['files only further down', () => zip(inFolder('a/b', checkpoint)), 'not-a-checkpoint'],
    [
      'no weights',
      () => zip(checkpoint.filter(({ name }) => !name.includes('safetensors'))),
      'not-a-checkpoint',
    ],
  ])('with %s', async (_, archive, code) => {
    const version = await imported(archive());
    expect(version).toMatchObject({ status: 'failed', error: { code }, report: null });
    expect(version.error!.message).not.toContain(heddle.dataDir);
    for (const place of [heddle.dataDir, join(heddle.dataDir, '..'), tmpdir()])
      expect(await readdir(place)).not.toContain('outside.json');
  });
});
