import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf, openFolderStore } from '@heddle/artifacts';
import { loadConfig } from '@heddle/config';
import type { VersionManifest } from '@heddle/contracts';
import { compileModel } from '@heddle/deberta';
import { openStore, type Store } from '@heddle/store';
import { createMetrics, NO_TRACING } from '@heddle/telemetry';
import {
  childrenOf,
  createMigratedDatabase,
  createTestFolder,
  type TestDatabase,
  waitFor,
} from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WorkerMetrics } from '../metrics.js';
import type { Consumers } from '../processor/consumers.js';
import { Engine } from '../processor/engine.js';
import type { Processor } from '../processor/processor.js';
import type { Resources } from '../resources.js';
import { Tuner } from './tuner.js';

const SENTIMENT = fileURLToPath(new URL('../../../../models/sentiment', import.meta.url));
const MIB = 1024 ** 2;
const PLENTY_MIB = 64 * 1024;
const [measured, ...others] = Array.from({ length: 6 }, () => randomUUID()) as [string, ...string[]];

let database: TestDatabase;
let store: Store;
let folder: string;
let manifest: VersionManifest;
const messages: string[] = [];

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
  folder = await createTestFolder('heddle-tuner-');
  const outDir = join(folder, 'compiled');
  const { compiled, report } = await compileModel({ checkpointDir: SENTIMENT, outDir });
  await mkdir(join(folder, 'artifacts'));
  const artifacts = openFolderStore(join(folder, 'artifacts'));
  const files: VersionManifest['files'] = {};
  for (const name of Object.keys(report.files)) {
    const digest = await digestOf(join(outDir, name));
    files[name] = digest;
    await artifacts.put(join(outDir, name), { digest, move: true });
  }
  manifest = { ...compiled, files };
});
afterAll(async () => {
  await store.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const keep = (_: object, message: string) => void messages.push(message);
const resourcesWith = (memoryMib: number): Resources =>
  ({
    config: loadConfig({
      HEDDLE_DATABASE_URL: database.url,
      HEDDLE_DATA_DIR: folder,
      HEDDLE_INFERENCE_CHILDREN: '1',
      HEDDLE_MODEL_MEMORY_MIB: String(memoryMib),
    }),
    logger: { debug: keep, info: keep, warn: keep, error: keep },
    store,
    artifacts: openFolderStore(join(folder, 'artifacts')),
    machine: 'this machine',
    layout: { children: 1, threads: 1 },
    tracing: NO_TRACING,
    metrics: new WorkerMetrics(createMetrics({ version: '0', commit: null })),
  }) as Partial<Resources> as Resources;

async function startEngine(resources: Resources): Promise<Engine> {
  const engine = new Engine(resources);
  engine.start();
  for (const version of [measured, ...others]) {
    await engine.cache.add(version, manifest);
    await engine.preload(version, true);
  }
  return engine;
}

it('measures a version that there was no memory for, once there is', async () => {
  const trial = await startEngine(resourcesWith(PLENTY_MIB));
  const loaded = PLENTY_MIB * MIB - trial.freeBytes;
  const { mainGraphs } = await trial.cache.get(measured);
  const needed = 2 * mainGraphs.reduce((sum, { bytes }) => sum + bytes, 0);
  await trial.close();

  const resources = resourcesWith(Math.round((loaded + needed / 2) / MIB));
  const engine = await startEngine(resources);
  const idle = { idleMs: () => Number.POSITIVE_INFINITY } as Processor;
  const tuner = new Tuner(
    resources,
    engine,
    { served: () => [measured] } as Partial<Consumers> as Consumers,
    idle,
  );
  const refusals = () => messages.filter((message) => message.startsWith('too little memory'));
  try {
    tuner.start();
    await waitFor(() => refusals().length > 0);
    // Three more rounds.
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    expect(refusals()).toHaveLength(1);
    expect(await childrenOf(process.pid)).toHaveLength(1);

    await engine.unload(others);
    await waitFor(async () => (await childrenOf(process.pid)).length === 2, { timeoutMs: 20_000 });
  } finally {
    await tuner.stop();
    await engine.close();
  }
});
