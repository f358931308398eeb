import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Me, Model, StoredFile, Version } from '@heddle/contracts';
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

async function importEmbedder(client: TestClient): Promise<void> {
  const folder = join(MODELS, 'ner');
  const names = (await readdir(folder)).filter((name) => OF_CHECKPOINTS.test(name));
  const files: string[] = [];
  for (const name of names) {
    const form = new FormData();
    form.set('purpose', 'model');
    form.set('file', new Blob([await readFile(join(folder, name))]), name);
    files.push((await client.upload<StoredFile>('/v1/files', form)).id);
  }
  await client.request<Model>('POST', '/v1/models', { name: 'embedder' });
  const { number } = await client.request<Version>('POST', '/v1/models/embedder/versions', {
    source: { type: 'files', files },
    precision: 'fp32',
    head: 'features',
  });
  const path = `/v1/models/embedder/versions/${number}`;
  const version = await client.request<Version>('GET', path, undefined, { prefer: 'wait=60' });
  if (version.status !== 'ready')
    throw new Error(`embedder is ${version.status}: ${JSON.stringify(version.error)}`);
}
