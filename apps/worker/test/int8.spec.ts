import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LabelScore, Model, StoredFile, Version } from '@heddle/contracts';
import { addOutlierChannels, startHeddle, TestClient, type TestHeddle } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftovers } from './leftovers.js';

const SENTIMENT = fileURLToPath(new URL('../../../models/sentiment', import.meta.url));
const FILES = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
const INPUTS = ['I loved it', 'Two hours I will never get back', 'It is fine.', 'No.'];
const TIMEOUT = { timeout: 120_000 };

let heddle: TestHeddle;
let client: TestClient;
let folder: string;
beforeAll(async () => {
  heddle = await startHeddle();
  client = new TestClient(heddle.url, heddle.key);
  folder = await mkdtemp(join(tmpdir(), 'heddle-worker-int8-'));
});
afterAll(async () => {
  await heddle.stop();
  await rm(folder, { recursive: true, force: true });
});

async function upload(name: string, content: Buffer | string): Promise<string> {
  const form = new FormData();
  form.set('purpose', 'model');
  form.set('file', new Blob([content]), name);
  return (await client.upload<StoredFile>('/v1/files', form)).id;
}

/** Imports a folder, and files beside it, and waits for the end. */
async function importInto(model: string, dir: string, precision: string, more: Record<string, string> = {}) {
  const files = await Promise.all([
    ...FILES.map(async (name) => upload(name, await readFile(join(dir, name)))),
    ...Object.entries(more).map(([name, content]) => upload(name, content)),
  ]);
  const path = `/v1/models/${model}/versions`;
  let version = await client.request<Version>('POST', path, { source: { type: 'files', files }, precision });
  expect(version.precision).toBe(precision);
  while (version.progress) {
    const headers = { prefer: 'wait=60' };
    version = await client.request<Version>('GET', `${path}/${version.number}`, undefined, headers);
  }
  return version;
}
const newModel = async (name: string) => (await client.request<Model>('POST', '/v1/models', { name })).name;

async function contents(): Promise<string[]> {
  const root = join(heddle.dataDir, 'artifacts');
  const folders = (await readdir(root)).filter((name) => name !== 'tmp');
  return (await Promise.all(folders.map((name) => readdir(join(root, name))))).flat().sort();
}

describe('a version in int8', () => {
  it('is another one than that in fp32, and answers nearly the same', TIMEOUT, async () => {
    const model = await newModel('both');
    const fp32 = await importInto(model, SENTIMENT, 'fp32');
    const int8 = await importInto(model, SENTIMENT, 'int8');
    expect(fp32).toMatchObject({ number: 1, status: 'ready', precision: 'fp32' });
    expect(fp32.report!.int8).toBeUndefined();
    expect(int8).toMatchObject({ number: 2, status: 'ready', precision: 'int8' });
    expect(int8.bytes!).toBeGreaterThan(fp32.bytes!);
    expect(int8.report!.int8).toMatchObject({
      calibration: 'built-in',
      gate: { min_same_decisions: 0.995, max_mean_difference: 0.01 },
      layers: [0, 1, 2, 3].map((layer) => ({ layer, precision: 'int8' })),
      table: { precision: 'int8' },
    });

    const scores = async (number: number) => {
      const job = await client.run({ model: `${model}@${number}`, inputs: INPUTS });
      expect(job).toMatchObject({ status: 'succeeded', version_number: number });
      return job.results!.map(({ output }) => (output as { labels: LabelScore[] }).labels[0]!);
    };
    const [wide, narrow] = [await scores(1), await scores(2)];
    expect(narrow.map(({ label }) => label)).toEqual(wide.map(({ label }) => label));
    const differences = wide.map(({ score }, i) => Math.abs(score - narrow[i]!.score));
    // Integers it must have been.
    expect(Math.max(...differences)).toBeGreaterThan(1e-6);
    expect(Math.max(...differences)).toBeLessThan(0.05);

    // What int8 has no graph for is answered by those of float32.
    const attention = { task: 'attention', inputs: ['I loved it'] };
    const shown = await Promise.all(
      [1, 2].map(async (number) => (await client.run({ model: `${model}@${number}`, ...attention })).results),
    );
    expect(shown[1]).toEqual(shown[0]);
  });

  it('is measured on texts that lie beside the checkpoint', TIMEOUT, async () => {
    const own = Array.from({ length: 25 }, (_, i) => JSON.stringify(`film number ${i} was a joy`)).join('\n');
    const version = await importInto(await newModel('own-texts'), SENTIMENT, 'int8', {
      'calibration.jsonl': own,
    });
    expect(version.status).toBe('ready');
    expect(version.report!.int8).toMatchObject({ calibration: 'own', texts: 75 });
  });

  it('is refused where the answers are others, and nothing of it is kept', TIMEOUT, async () => {
    const outliers = join(folder, 'outliers');
    await cp(SENTIMENT, outliers, { recursive: true });
    await addOutlierChannels(outliers, [0, 1, 2, 3]);
    const model = await newModel('outliers');
    const before = await contents();
    const refused = await importInto(model, outliers, 'int8');
    expect(refused).toMatchObject({ status: 'failed', precision: 'int8', report: null, sha256: null });
    expect(refused.error).toMatchObject({
      code: 'quality-loss',
      message: expect.stringContaining('int8'),
      gate: { min_same_decisions: 0.995 },
      tried: [...Array(4).fill({ fp32_layers: [] }), { fp32_layers: expect.any(Array) }],
    });
    expect(await leftovers(heddle.dataDir)).toEqual([]);
    // What was uploaded is the owner's still.
    const uploads = refused.source?.type === 'files' ? refused.source.files : [];
    const stored = await Promise.all(
      uploads.map((id) => client.request<StoredFile>('GET', `/v1/files/${id}`)),
    );
    const own = stored.map(({ sha256 }) => sha256);
    expect((await contents()).filter((sha256) => !before.includes(sha256) && !own.includes(sha256))).toEqual(
      [],
    );
    // In float32 it is a model like any other.
    expect(await importInto(model, outliers, 'fp32')).toMatchObject({ status: 'ready', number: 2 });
  });
});
