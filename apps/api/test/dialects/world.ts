import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImportVersionBody, Me, Model, StoredFile, Version } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle } from '@heddle/testing';

const MODELS = fileURLToPath(new URL('../../../../models', import.meta.url));
/** A world is up within it, on a machine that has other things to do as well. */
export const WORLD_TIMEOUT_MS = 300_000;
const START_TIMEOUT_MS = WORLD_TIMEOUT_MS / 2;
/** Files that a checkpoint consists of. */
const OF_CHECKPOINTS = /\.(json|safetensors)$/;

export interface DialectWorld {
  heddle: TestHeddle;
  client: TestClient;
  /** Slug of the tenant. */
  slug: string;
  stop(): Promise<void>;
}

/** A whole Heddle with the shipped models and `embedder`, the encoder of one of them. */
export async function startDialectWorld(env: Record<string, string> = {}): Promise<DialectWorld> {
  const heddle = await startHeddle({ env, readyTimeoutMs: START_TIMEOUT_MS });
  try {
    const client = new TestClient(heddle.url, heddle.key);
    await importEmbedder(client);
    const { tenant } = await client.request<Me>('GET', '/v1/me');
    return { heddle, client, slug: tenant.slug, stop: () => heddle.stop() };
  } catch (error) {
    await heddle.stop();
    throw error;
  }
}

/** What an import wants; its files are those of a shipped model. */
export interface TestImport extends Partial<ImportVersionBody> {
  name: string;
  /** The shipped model. */
  folder: string;
  /** Keys of the configuration beside its own. */
  config?: Record<string, unknown>;
}

/** A version of a new model of the tenant. */
export async function importModel(
  client: TestClient,
  { name, folder, config = {}, ...wishes }: TestImport,
): Promise<Version> {
  const from = join(MODELS, folder);
  const names = (await readdir(from)).filter((file) => OF_CHECKPOINTS.test(file));
  const files: string[] = [];
  for (const file of names) {
    const bytes = await readFile(join(from, file));
    const isConfig = file === 'config.json';
    const form = new FormData();
    form.set('purpose', 'model');
    const content = isConfig ? JSON.stringify({ ...JSON.parse(bytes.toString()), ...config }) : bytes;
    form.set('file', new Blob([content]), file);
    files.push((await client.upload<StoredFile>('/v1/files', form)).id);
  }
  await client.request<Model>('POST', '/v1/models', { name });
  const { number } = await client.request<Version>('POST', `/v1/models/${name}/versions`, {
    source: { type: 'files', files },
    precision: 'fp32',
    ...wishes,
  });
  const path = `/v1/models/${name}/versions/${number}`;
  return client.request<Version>('GET', path, undefined, { prefer: 'wait=60' });
}

async function importEmbedder(client: TestClient): Promise<void> {
  const { status, error } = await importModel(client, { name: 'embedder', folder: 'ner', head: 'features' });
  if (status !== 'ready') throw new Error(`embedder is ${status}: ${JSON.stringify(error)}`);
}
