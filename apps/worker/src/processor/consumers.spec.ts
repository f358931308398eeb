import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf, openFolderStore } from '@heddle/artifacts';
import { loadConfig } from '@heddle/config';
import { newUuid, type VersionManifest } from '@heddle/contracts';
import { compileModel } from '@heddle/deberta';
import { openSignals, openWorkQueue } from '@heddle/queue';
import { openStore, type Store } from '@heddle/store';
import { createMetrics, type Logger, NO_TRACING } from '@heddle/telemetry';
import {
  childrenOf,
  createMigratedDatabase,
  createTestFolder,
  type TestDatabase,
  waitFor,
} from '@heddle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { WorkerMetrics } from '../metrics.js';
import type { Resources } from '../resources.js';
import { Consumers } from './consumers.js';
import { Engine } from './engine.js';
import { HeldJobs } from './held-jobs.js';
import { Processor } from './processor.js';

const SENTIMENT = fileURLToPath(new URL('../../../../models/sentiment', import.meta.url));
const quiet = () => undefined;

let database: TestDatabase;
let store: Store;
let folder: string;
let tenantId: string;
let manifest: VersionManifest;

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: quiet };
  store = await openStore(options);
  folder = await createTestFolder('heddle-consumers-');
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
  tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
});
afterAll(async () => {
  await store.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

interface Entry {
  message: string;
  version?: string;
  unloaded?: { session: string }[];
}

let log: Entry[];
let engine: Engine;
let processor: Processor;
let consumers: Consumers;
let close: () => Promise<void>;

beforeEach(async () => {
  log = [];
  const note = (fields: object, message: string) => void log.push({ ...fields, message });
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  const connection = { kind: 'postgres', url: database.url, poolSize: 2 } as const;
  const resources: Resources = {
    workerId: newUuid(),
    config: loadConfig({ HEDDLE_DATABASE_URL: database.url, HEDDLE_DATA_DIR: folder }),
    logger,
    store,
    signals: await openSignals(connection, quiet),
    artifacts: openFolderStore(join(folder, 'artifacts')),
    queue: await openWorkQueue(connection, quiet),
    machine: 'this machine',
    layout: { children: 1, threads: 1 },
    tracing: NO_TRACING,
    metrics: new WorkerMetrics(createMetrics({ version: '0', commit: null })),
  };
  engine = new Engine(resources);
  processor = new Processor(resources, engine, new HeldJobs());
  consumers = new Consumers(resources, engine, processor);
  engine.start();
  close = async () => {
    await consumers.pause();
    await engine.close();
    await consumers.close();
    await resources.queue.close();
    await resources.signals.close();
  };
});
afterEach(() => close());

async function addVersion(change: Partial<VersionManifest> = {}): Promise<string> {
  const version = { tenantId, name: newUuid(), description: '', manifest: { ...manifest, ...change } };
  return (await store.models.addVersion(version)).id;
}

const archive = (version: string) => store.versions.change(tenantId, version, { archived: true });
const unloaded = () => log.flatMap((entry) => entry.unloaded ?? []).map(({ session }) => session);

it('unloads a version that was suspended before it was archived', async () => {
  const version = await addVersion();
  await consumers.start();
  expect(consumers.served()).toEqual([version]);
  processor.onUnavailable(version);
  expect(consumers.served()).toEqual([]);
  await archive(version);
  await waitFor(() => unloaded().includes(`${version}/main`));
});

it('takes no jobs of a version that crashes its process again and again', { timeout: 120_000 }, async () => {
  const version = await addVersion();
  await consumers.start();
  const { model } = await engine.cache.get(version);
  const encoding = await model.tokenizer.encode(
    { text: 'What a film!' },
    { maxTokens: 64, truncate: false, truncationSide: 'right' },
  );
  const ask = () => {
    const { signal } = new AbortController();
    const options = { flow: { tenantId, priority: 1 }, alone: false, signal };
    return engine.infer(version, { encoding, graph: 'main', outputs: ['logits'] }, options);
  };
  for (let crash = 1; crash <= 5; crash++) {
    expect(consumers.served()).toEqual([version]);
    await ask();
    const [child] = await childrenOf(process.pid);
    process.kill(child!, 'SIGSTOP');
    const answer = ask().catch((error: { code?: string }) => error.code);
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
    process.kill(child!, 'SIGKILL');
    expect(await answer).toBe('worker-crashed');
  }
  expect(consumers.served()).toEqual([]);
  expect(engine.isInQuarantine(version)).toBe(true);
  // Longer than the pause after a failure of another kind.
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  expect(consumers.served()).toEqual([]);
  const suspensions = log.filter(
    (entry) => entry.version === version && entry.message.includes('taking no more'),
  );
  expect(suspensions).toHaveLength(1);
  await archive(version);
  await waitFor(() => !engine.isInQuarantine(version));
});
