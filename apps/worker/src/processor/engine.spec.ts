import { setMaxListeners } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf, openFolderStore } from '@heddle/artifacts';
import { loadConfig } from '@heddle/config';
import { type ExecutionPlan, type VersionManifest } from '@heddle/contracts';
import { compileModel, type Sequence } from '@heddle/deberta';
import { openStore, type Store } from '@heddle/store';
import { createMetrics, type Logger, NO_TRACING } from '@heddle/telemetry';
import { createMigratedDatabase, createTestFolder, type TestDatabase } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { layoutOf } from '../layout.js';
import { WorkerMetrics } from '../metrics.js';
import type { Resources } from '../resources.js';
import { Engine } from './engine.js';

const SENTIMENT = fileURLToPath(new URL('../../../../models/sentiment', import.meta.url));
const MACHINE = 'this machine';
const quiet = () => undefined;
const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

let database: TestDatabase;
let store: Store;
let folder: string;
let version: string;
let manifest: VersionManifest;

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: quiet };
  store = await openStore(options);
  folder = await createTestFolder('heddle-engine-');
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
  const { id: tenantId } = await store.tenants.ensure('acme', 'Acme');
  version = (await store.models.addVersion({ tenantId, name: 'm', description: '', manifest })).id;
});
afterAll(async () => {
  await store.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const resourcesWith = (env: Record<string, string> = {}): Resources =>
  ({
    config: loadConfig({ HEDDLE_DATABASE_URL: database.url, HEDDLE_DATA_DIR: folder, ...env }),
    logger,
    store,
    artifacts: openFolderStore(join(folder, 'artifacts')),
    machine: MACHINE,
    layout: { children: 1, threads: 1 },
    tracing: NO_TRACING,
    metrics: new WorkerMetrics(createMetrics({ version: '0', commit: null })),
  }) as Partial<Resources> as Resources;

const planOf = (change: Partial<ExecutionPlan> = {}): ExecutionPlan => ({
  machine: MACHINE,
  lowering: 'gather',
  children: 1,
  threads: 1,
  classes: [
    { length: 16, tokens: 32 },
    { length: 512, tokens: 128 },
  ],
  measured: [],
  layouts: [],
  measured_at: new Date().toISOString(),
  ...change,
});

const sequence = (length: number): Sequence => {
  const ids = Int32Array.from({ length }, (_, i) => (i === 0 ? 1 : i === length - 1 ? 2 : 10 + i));
  return {
    graph: 'main',
    outputs: ['logits'],
    encoding: { ids, typeIds: new Uint8Array(length), length } as never,
  };
};

/** Sizes of the forward passes that answer so many sequences of a length, and the first answer. */
async function passes(engine: Engine, length: number, count: number) {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const flow = { tenantId: 'acme', priority: 1 };
  const answers = await Promise.all(
    Array.from({ length: count }, () =>
      engine.infer(version, sequence(length), { flow, alone: false, signal }),
    ),
  );
  const sizes = new Map<number, number>();
  for (const { inferenceMs } of answers) sizes.set(inferenceMs, (sizes.get(inferenceMs) ?? 0) + 1);
  return { sizes: [...sizes.values()], logits: [...answers[0]!.row.outputs.logits!.data] };
}

async function withEngine(
  env: Record<string, string>,
  work: (engine: Engine) => Promise<void>,
): Promise<void> {
  const engine = new Engine(resourcesWith(env));
  engine.start();
  try {
    await engine.cache.add(version, manifest);
    await engine.preload(version, false);
    await work(engine);
  } finally {
    await engine.close();
  }
}

/** Where the machine is busy some start before all have come. */
const largest = ({ sizes }: { sizes: number[] }) => Math.max(...sizes);

it('forward passes and the graph follow the plan, as soon as it is there', async () => {
  await withEngine({}, async (engine) => {
    const file = async () => (await engine.cache.get(version)).graphFile('main').path;
    const before = await passes(engine, 12, 16);
    expect(largest(before)).toBeGreaterThan(5);
    expect(await file()).toMatch(/model\.onnx$/);

    await store.plans.put(version, planOf());
    // Passes are under way meanwhile.
    const during = passes(engine, 12, 64);
    await engine.learnPlans();
    await during;
    expect(await file()).toMatch(/gather\.onnx$/);
    const after = await passes(engine, 12, 16);
    expect(largest(after)).toBe(2);
    for (const [i, value] of after.logits.entries()) expect(value).toBeCloseTo(before.logits[i]!, 4);
    // 24 is a length class; five times that fit 128.
    expect(largest(await passes(engine, 24, 10))).toBe(5);
  });
});

it('a setting wins over the plan', async () => {
  await store.plans.put(version, planOf());
  await withEngine({ HEDDLE_BATCH_TOKENS: '64' }, async (engine) => {
    await engine.learnPlans();
    expect(largest(await passes(engine, 12, 8))).toBe(4);
  });
});

it('inference processes are those that most plans want, and that settings name', async () => {
  const wanted = { children: 1, threads: 7 };
  await store.plans.put(version, planOf(wanted));
  const layout = (env: Record<string, string> = {}, machine = MACHINE) =>
    layoutOf(resourcesWith(env).config, store, machine);
  expect(await layout()).toEqual(wanted);
  expect(await layout({ HEDDLE_INFERENCE_CHILDREN: '3' })).toEqual({ children: 3, threads: 1 });
  const { inferenceChildren: children } = resourcesWith().config;
  expect(await layout({}, 'another')).toEqual({ children, threads: 1 });
});
