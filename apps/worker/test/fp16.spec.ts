import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Job, LabelScore, Model, StoredFile, Version } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, vulkanEnvironmentIfAny, waitFor } from '@heddle/testing';
import { afterEach, describe, expect, it } from 'vitest';

const SENTIMENT = fileURLToPath(new URL('../../../models/sentiment', import.meta.url));
const FILES = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
const INPUTS = ['I loved it', 'Two hours I will never get back', 'It is fine.', 'No.'];
const MODEL = 'half';
/** Of a score in [0, 1]: half precision, added up in halves too. */
const TOLERANCE = 1e-2;
/** A driver without a GPU compiles kernels slowly: the first forward pass takes seconds. */
const PATIENCE = { HEDDLE_INFERENCE_TIMEOUT_MS: '100000', HEDDLE_LEASE_MS: '120000' };
const TIMEOUT = { timeout: 180_000 };
const PATIENT = { timeoutMs: 90_000 };
/** Empty where this process was started with a device: the worker gets the same one. */
const found = await vulkanEnvironmentIfAny();
const { LD_LIBRARY_PATH = '', VK_DRIVER_FILES = '' } = process.env;
const vulkan = found && { ...(VK_DRIVER_FILES && { LD_LIBRARY_PATH, VK_DRIVER_FILES }), ...found };

let heddle: TestHeddle | undefined;
let client: TestClient;
afterEach(() => heddle?.stop());

async function start(env: Record<string, string>): Promise<TestHeddle> {
  heddle = await startHeddle({ env });
  client = new TestClient(heddle.url, heddle.key);
  return heddle;
}

/** Imports the model that ships, and waits for the end. */
async function importIn(precision: string): Promise<Version> {
  const files = await Promise.all(
    FILES.map(async (name) => {
      const form = new FormData();
      form.set('purpose', 'model');
      form.set('file', new Blob([await readFile(join(SENTIMENT, name))]), name);
      return (await client.upload<StoredFile>('/v1/files', form)).id;
    }),
  );
  const path = `/v1/models/${MODEL}/versions`;
  let version = await client.request<Version>('POST', path, { source: { type: 'files', files }, precision });
  while (version.progress) {
    const headers = { prefer: 'wait=60' };
    version = await client.request<Version>('GET', `${path}/${version.number}`, undefined, headers);
  }
  return version;
}

async function scores(number: number): Promise<LabelScore[]> {
  const job = await client.run({ model: `${MODEL}@${number}`, inputs: INPUTS });
  expect(job, heddle!.logs()).toMatchObject({ status: 'succeeded', version_number: number });
  return job.results!.map(({ output }) => (output as { labels: LabelScore[] }).labels[0]!);
}

describe('a version in fp16', () => {
  it('is served in float32 on a CPU, which the log says once', TIMEOUT, async () => {
    const { logs } = await start({ HEDDLE_LOG_LEVEL: 'info' });
    await client.request<Model>('POST', '/v1/models', { name: MODEL });
    const fp32 = await importIn('fp32');
    const fp16 = await importIn('fp16');
    expect(fp16).toMatchObject({ number: 2, status: 'ready', precision: 'fp16' });
    expect(fp16.report!.fp16).toMatchObject({
      calibration: 'built-in',
      gate: { min_same_decisions: 0.995, max_mean_difference: 0.01 },
    });
    expect(fp16.report!.int8).toBeUndefined();
    expect(fp16.bytes! / fp32.bytes!).toBeGreaterThan(1.4);

    expect(await scores(2)).toEqual(await scores(1));
    await scores(2);
    expect(logs().match(/it is served in fp32 here/g)).toHaveLength(1);
  });

  it.runIf(vulkan)('is served as such on a GPU that has half precision, else refused', TIMEOUT, async () => {
    const { logs } = await start({ HEDDLE_PROVIDER: 'webgpu', ...PATIENCE, ...vulkan });
    await client.request<Model>('POST', '/v1/models', { name: MODEL });
    await importIn('fp32');
    expect(await importIn('fp16')).toMatchObject({ status: 'ready', precision: 'fp16' });
    const wide = await scores(1);
    const job = await client.request<Job>('POST', '/v1/jobs', { model: `${MODEL}@2`, inputs: INPUTS });
    const isRefused = () => logs().includes('the GPU or its driver has no half precision');
    const current = () => client.request<Job>('GET', `/v1/jobs/${job.id}`);
    await waitFor(async () => isRefused() || (await current()).status === 'succeeded', PATIENT);
    // SwiftShader has none; the job waits for a worker that has.
    if (isRefused()) return;
    const narrow = await scores(2);
    expect(narrow.map(({ label }) => label)).toEqual(wide.map(({ label }) => label));
    const differences = wide.map(({ score }, i) => Math.abs(score - narrow[i]!.score));
    // Halves they must have been.
    expect(Math.max(...differences)).toBeGreaterThan(1e-6);
    expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
  });
});
