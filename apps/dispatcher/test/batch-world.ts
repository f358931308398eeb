import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ArtifactStore, openFolderStore, openScratch, type Scratch } from '@heddle/artifacts';
import { type BatchErrorLine, type BatchOutputLine, LIMITS, newUuid } from '@heddle/contracts';
import { openSignals } from '@heddle/queue';
import { type BatchRecord, openStore, type Store } from '@heddle/store';
import { createMetrics } from '@heddle/telemetry';
import { createMigratedDatabase, createTestFolder, type TestDatabase, testManifest } from '@heddle/testing';
import { advance } from '../src/batches/advance.js';
import { EndedJobs } from '../src/metrics/ended-jobs.js';
import type { Resources } from '../src/resources.js';

const ENV = {
  HEDDLE_BATCH_RETENTION_DAYS: 30,
  HEDDLE_JOB_RETENTION_DAYS: 30,
  HEDDLE_MAX_BATCH_OUTPUT_BYTES: LIMITS.maxBatchOutputBytes,
};

type Manifest = Parameters<typeof testManifest>[0];
type NewBatch = Parameters<Store['batches']['create']>[0];

interface Options {
  artifacts?: ArtifactStore;
  scratch?: Scratch;
  env?: Partial<typeof ENV>;
}

/** What batches need, without the dispatcher's process: specs take its steps, or run its service. Played is the worker alone. */
export class BatchWorld {
  private constructor(
    readonly database: TestDatabase,
    readonly folder: string,
    readonly resources: Resources,
    readonly tenantId: string,
    readonly versionId: string,
  ) {}

  static async open({ artifacts, scratch, env }: Options = {}): Promise<BatchWorld> {
    const database = await createMigratedDatabase();
    const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
    const store = await openStore(options);
    const folder = await createTestFolder('heddle-test-batches-');
    const metrics = createMetrics({ version: '0', commit: null });
    const resources = {
      store,
      artifacts: artifacts ?? openFolderStore(join(folder, 'artifacts')),
      scratch: scratch ?? (await openScratch(join(folder, 'artifacts', 'tmp'))),
      signals: await openSignals({ kind: 'postgres', url: database.url, poolSize: 2 }, () => undefined),
      config: { env: { ...ENV, ...env } },
      metrics,
      endedJobs: new EndedJobs(metrics),
      logger: { error: () => undefined, warn: () => undefined },
    } as unknown as Resources;
    const tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
    return new BatchWorld(database, folder, resources, tenantId, await newVersion(store, tenantId));
  }

  get store(): Store {
    return this.resources.store;
  }

  newVersion(manifest?: Manifest, tenantId = this.tenantId): Promise<string> {
    return newVersion(this.store, tenantId, manifest);
  }

  /** A batch of a file with that content, in the store. */
  async createBatch(content: string, own: Partial<NewBatch> = {}): Promise<string> {
    const { tenantId = this.tenantId } = own;
    const path = join(this.folder, newUuid());
    await writeFile(path, content);
    const { id: fileId } = await this.store.files.reserve({
      tenantId,
      purpose: 'batch',
      filename: 'x',
      bytes: Buffer.byteLength(content),
      sha256: createHash('sha256').update(content).digest('hex'),
      expiresInS: null,
      idempotency: null,
    });
    await this.resources.artifacts.put(path, { move: true });
    await this.store.files.markStored(tenantId, fileId);
    const { id } = await this.store.batches.create({
      tenantId,
      versionId: this.versionId,
      alias: null,
      task: 'text-classification',
      parameters: {},
      priority: 2,
      invalidLines: 'skip',
      windowS: 3600,
      fileId,
      webhook: null,
      metadata: {},
      idempotency: null,
      ...own,
    });
    return id;
  }

  async find(id: string, tenantId = this.tenantId): Promise<BatchRecord> {
    return (await this.store.batches.find(tenantId, id))!;
  }

  /** Ends what is queued as a worker would: each text is answered with a label made of it. */
  async work(versionId = this.versionId, labelOf = (input: string) => input, most = 1_000): Promise<void> {
    const entries: { id: string; epoch: number }[] = [];
    await this.store.jobs.dispatch(versionId, most, async (chosen) => void entries.push(...chosen));
    const worker = { id: newUuid(), leaseMs: 60_000 };
    const jobs = await this.store.jobs.claim(entries, worker);
    const ended = jobs.map(({ id, attempt, inputs }) => ({
      id,
      attempt,
      results: JSON.stringify(
        inputs.map((input, index) => ({
          index,
          output: { labels: [{ label: labelOf(String(input)), score: 1 }] },
        })),
      ),
      itemTokens: inputs.map(() => 1),
      succeeded: inputs.length,
      failed: 0,
      usage: { tokens: inputs.length, padded_tokens: 0, truncated: 0 },
      timing: { queue_ms: 0, tokenize_ms: 0, inference_ms: 0 },
      error: null,
    }));
    await this.store.jobs.finish(ended, worker.id);
  }

  async makeDue(): Promise<void> {
    await this.database.query('UPDATE batches SET due_at = now() WHERE completed_at IS NULL');
  }

  /** One step of the batch that is next, as a dispatcher takes it. */
  async step(): Promise<void> {
    await this.makeDue();
    const batch = await this.store.batches.claim(60_000);
    if (batch) await advance(this.resources, batch, () => undefined);
  }

  /** Steps and work by turns until the batch is in that state, or has ended. */
  async runUntil(
    id: string,
    state: BatchRecord['state'] = 'succeeded',
    labelOf?: (input: string) => string,
  ): Promise<void> {
    for (let i = 0; i < 60; i++) {
      const batch = await this.find(id);
      if (batch.state === state || batch.completedAt) return;
      await this.step();
      await this.work(this.versionId, labelOf);
    }
    throw new Error(`the batch is not ${state} after 60 steps`);
  }

  async outcome(id: string): Promise<{ output: BatchOutputLine[]; errors: BatchErrorLine[] }> {
    const { outputFile, errorFile } = await this.find(id);
    const read = async <Line>(file: string | null): Promise<Line[]> => {
      if (!file) return [];
      const [record] = await this.store.files.findMany(this.tenantId, [file]);
      const content = await text(await this.resources.artifacts.read(record!.sha256));
      return content
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
    };
    return { output: await read(outputFile), errors: await read(errorFile) };
  }

  /** Rows of files, seen or not. */
  files(): Promise<{ id: string }[]> {
    return this.database.query('SELECT id FROM files ORDER BY id');
  }

  async close(): Promise<void> {
    await this.resources.scratch.close();
    await this.resources.signals.close();
    await this.store.close();
    await this.database.drop();
    await rm(this.folder, { recursive: true });
  }
}

export const line = (id: string, input: unknown, parameters?: Record<string, unknown>): string =>
  JSON.stringify({ custom_id: id, input, ...(parameters && { parameters }) });

export const lines = (count: number, input: (i: number) => string = (i) => `text ${i}`): string =>
  Array.from({ length: count }, (_, i) => line(`${i}`, input(i))).join('\n');

async function newVersion(store: Store, tenantId: string, manifest?: Manifest): Promise<string> {
  const name = `m${newUuid().slice(-8)}`;
  const version = await store.models.addVersion({
    tenantId,
    name,
    description: '',
    manifest: testManifest(manifest),
  });
  return version.id;
}
