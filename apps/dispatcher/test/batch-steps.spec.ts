import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArtifactStore, openFolderStore, openScratch, type Scratch } from '@heddle/artifacts';
import { type BatchErrorLine, type BatchOutputLine, LIMITS, newUuid, type Signals } from '@heddle/contracts';
import { type BatchRecord, LeaseLost, openStore, type Store } from '@heddle/store';
import { createMigratedDatabase, createTestFolder, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { advance } from '../src/batches/advance.js';
import type { Resources } from '../src/resources.js';

/**
 * Batches step by step, as any number of dispatchers would get them on, each of which may die before or after any of its
 * writes. A worker is played: it answers each text with the text, and dies of poison.
 */
let database: TestDatabase;
let store: Store;
let folder: string;
let artifacts: ArtifactStore;
let scratch: Scratch;
let tenantId: string;
let versionId: string;
const signals: Signals = {
  publish: () => undefined,
  subscribe: async () => async () => undefined,
  close: async () => undefined,
};
const logger = { error: () => undefined, warn: () => undefined };
/** Counts nothing. */
const endedJobs = { count: async () => undefined };
const env = {
  HEDDLE_BATCH_RETENTION_DAYS: 30,
  HEDDLE_JOB_RETENTION_DAYS: 30,
  HEDDLE_MAX_BATCH_OUTPUT_BYTES: LIMITS.maxBatchOutputBytes,
};

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
  folder = await createTestFolder('heddle-test-batches-');
  artifacts = openFolderStore(join(folder, 'artifacts'));
  scratch = await openScratch(join(folder, 'artifacts', 'tmp'));
  tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
});
afterAll(async () => {
  await scratch.close();
  await store.close();
  await database.drop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  const model = { tenantId, name: `m${newUuid().slice(-8)}`, description: '', manifest: testManifest() };
  versionId = (await store.models.addVersion(model)).id;
});

const resources = (own: Store = store) =>
  ({ store: own, artifacts, scratch, signals, config: { env }, endedJobs, logger }) as unknown as Resources;
const nothing = () => undefined;

const NEW = {
  alias: null,
  task: 'text-classification',
  parameters: {},
  priority: 2,
  invalidLines: 'skip',
  windowS: 3600,
  webhook: null,
  metadata: {},
  idempotency: null,
} as const;

async function createBatch(lines: string[], own: Record<string, unknown> = {}): Promise<string> {
  const content = lines.join('\n');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const path = join(folder, newUuid());
  await writeFile(path, content);
  const bytes = Buffer.byteLength(content);
  const file = {
    tenantId,
    purpose: 'batch',
    filename: 'x',
    bytes,
    sha256,
    expiresInS: null,
    idempotency: null,
  } as const;
  const { id: fileId } = await store.files.reserve(file);
  await artifacts.put(path);
  await store.files.markStored(tenantId, fileId);
  const { id } = await store.batches.create({
    ...NEW,
    tenantId,
    versionId,
    fileId,
    ...own,
  });
  return id;
}
const line = (id: string, input: unknown) => JSON.stringify({ custom_id: id, input });
const find = async (id: string) => (await store.batches.find(tenantId, id))!;
const isOver = (batch: BatchRecord) => batch.completedAt !== null;

/** Ends what is queued as a worker would that dies of every text that says poison; the first `most` jobs. */
async function work(most = 1_000): Promise<void> {
  const entries: { id: string; epoch: number }[] = [];
  await store.jobs.dispatch(versionId, most, async (chosen) => void entries.push(...chosen));
  const worker = { id: newUuid(), leaseMs: 60_000 };
  for (const job of await store.jobs.claim(entries, worker)) {
    const texts = job.inputs.map((input) => String((input as { text?: string }).text ?? input));
    if (texts.some((text) => text.includes('poison'))) {
      await store.jobs.giveBack([job], 'worker-crashed', worker.id);
      continue;
    }
    const results = texts.map((text, index) =>
      text.includes('long')
        ? { index, error: { code: 'input-too-long', message: 'long', max: 1, actual: 2 } }
        : { index, output: { labels: [{ label: text, score: 1 }] } },
    );
    const failed = results.filter((result) => 'error' in result).length;
    await store.jobs.finish(
      [
        {
          id: job.id,
          attempt: job.attempt,
          results: JSON.stringify(results),
          itemTokens: texts.map((text) => text.length),
          succeeded: results.length - failed,
          failed,
          usage: { tokens: texts.join('').length, padded_tokens: 0, truncated: 0 },
          timing: { queue_ms: 0, tokenize_ms: 0, inference_ms: 0 },
          error:
            failed === results.length
              ? { code: 'all-items-failed', message: '', retryable: false, attempt: 1 }
              : null,
        },
      ],
      worker.id,
    );
  }
}

const makeDue = () => database.query('UPDATE batches SET due_at = now() WHERE completed_at IS NULL');
async function step(own?: Store): Promise<void> {
  await makeDue();
  const batch = await store.batches.claim(60_000);
  if (batch) await advance(resources(own), batch, nothing);
}
async function runToEnd(id: string): Promise<void> {
  for (let i = 0; i < 50 && !isOver(await find(id)); i++) {
    await step();
    await work();
  }
}

/** The lines of both files, checked to be in order. */
async function outcome(id: string): Promise<{ output: BatchOutputLine[]; errors: BatchErrorLine[] }> {
  const { outputFile, errorFile } = await find(id);
  const read = async <Line extends { line: number }>(file: string | null): Promise<Line[]> => {
    if (!file) return [];
    const [record] = await store.files.findMany(tenantId, [file]);
    const path = join(folder, newUuid());
    await artifacts.fetch(record!.sha256, path);
    const lines = (await readFile(path, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Line);
    expect(lines.map((one) => one.line)).toEqual(lines.map((one) => one.line).toSorted((a, b) => a - b));
    return lines;
  };
  return { output: await read(outputFile), errors: await read(errorFile) };
}

const FILE = [
  ...Array.from({ length: 30 }, (_, i) => line(`a${i}`, `text ${i} ${'word '.repeat((i * 7) % 30)}`)),
  'no json',
  line('poison', 'poison'),
  '',
  line('long', { text: 'long' }),
  line('empty', ''),
  ...Array.from({ length: 20 }, (_, i) => line(`b${i}`, { text: `other ${i}` })),
];

async function checkComplete(id: string): Promise<void> {
  const batch = await find(id);
  expect(batch).toMatchObject({
    state: 'succeeded',
    total: 54,
    succeeded: 50,
    failed: 4,
    canceled: 0,
    expired: 0,
    errorCount: 2,
  });
  const { output, errors } = await outcome(id);
  expect(
    errors.map(({ custom_id, line: number, status, error }) => [custom_id, number, status, error.code]),
  ).toEqual([
    [null, 31, 'failed', 'malformed-json'],
    ['poison', 32, 'failed', 'worker-crashed'],
    ['long', 34, 'failed', 'input-too-long'],
    ['empty', 35, 'failed', 'validation'],
  ]);
  expect(errors[2]!.error).toMatchObject({ max: 1, actual: 2 });
  const asked = FILE.flatMap((text, i) =>
    text.startsWith('{') ? [{ ...JSON.parse(text), number: i + 1 }] : [],
  );
  const expected = asked
    .filter(({ custom_id }) => !['poison', 'long', 'empty'].includes(custom_id))
    .map(({ custom_id, input, number }) => {
      const text = input.text ?? input;
      return {
        custom_id,
        line: number,
        status: 'succeeded',
        output: { labels: [{ label: text, score: 1 }] },
        usage: { tokens: text.length },
      };
    });
  expect(output).toEqual(expected);
  expect(batch.tokens).toBe(output.reduce((sum, { usage }) => sum + usage.tokens, 0) + 'long'.length);
  expect(batch.history.length).toBe(batch.sequence);
  expect(await database.query(`SELECT 1 FROM batch_jobs WHERE batch_id = '${id}'`)).toEqual([]);
  expect(await database.query(`SELECT 1 FROM batch_line_errors WHERE batch_id = '${id}'`)).toEqual([]);
}

describe('a batch', () => {
  it('runs every line once, whatever is wrong with its neighbours', async () => {
    const id = await createBatch(FILE);
    await runToEnd(id);
    await checkComplete(id);
    const states = (await find(id)).history
      .filter((entry) => typeof entry !== 'number')
      .map(({ status }) => status);
    expect(states).toEqual(['validating', 'running', 'finalizing', 'succeeded']);
  });

  it('ends the same whichever of its writes a dispatcher dies before or after', {
    timeout: 240_000,
  }, async () => {
    let writes = Number.POSITIVE_INFINITY;
    for (let fatal = 0; fatal < writes; fatal++) {
      for (const when of ['before', 'after'] as const) {
        const id = await createBatch(FILE);
        let count = 0;
        const dying = dyingStore(() => count++ === fatal, when);
        let dead = false;
        for (let i = 0; i < 50 && !isOver(await find(id)); i++) {
          await step(dead ? store : dying).catch((error: unknown) => {
            if (!(error instanceof Death)) throw error;
            dead = true;
          });
          await work();
        }
        await checkComplete(id).catch((error: unknown) => {
          throw new Error(`died ${when} write ${fatal}`, { cause: error });
        });
        if (!dead) writes = fatal;
      }
    }
    expect(writes).toBeGreaterThan(15);
  });

  it('is never written to by a dispatcher that another one has taken it from', async () => {
    const id = await createBatch(FILE);
    await step();
    await makeDue();
    const slow = (await store.batches.claim(60_000))!;
    await step();
    await work(2);
    await expect(advance(resources(), slow, nothing)).rejects.toBeInstanceOf(LeaseLost);
    expect(await store.batches.holdFor(slow, 1)).toBe(false);
    await runToEnd(id);
    await checkComplete(id);
  });

  it('that two work on at the same time all the time ends the same', { timeout: 120_000 }, async () => {
    const ids = [await createBatch(FILE), await createBatch(FILE)];
    const dispatcher = async () => {
      while (!(await Promise.all(ids.map(find))).every(isOver)) {
        // Taken from the other in the middle of its work, now and then.
        if (Math.random() < 0.3) await makeDue();
        await store.batches
          .claim(60_000)
          .then((batch) => batch && advance(resources(), batch, nothing))
          .catch((error: unknown) => {
            if (!(error instanceof LeaseLost)) throw error;
          });
        if (Math.random() < 0.3) await makeDue();
      }
    };
    const worker = async () => {
      while (!(await Promise.all(ids.map(find))).every(isOver)) await work(3);
    };
    await Promise.all([dispatcher(), dispatcher(), worker()]);
    for (const id of ids) await checkComplete(id);
  });
});

it('a batch that is asked for twice with one connection is one', async () => {
  const id = await createBatch([line('a', 'x')], {
    idempotency: { key: newUuid(), requestHash: Buffer.alloc(32) },
  });
  const [{ fileId, key }] = (await database.query<{ fileId: string; key: string }>(
    `SELECT file_id AS "fileId", idempotency_key AS key FROM batches WHERE id = '${id}'`,
  )) as [{ fileId: string; key: string }];
  const one = await openStore({
    url: database.url,
    applicationName: 'spec',
    onPoolError: () => undefined,
    poolSize: 1,
  });
  try {
    const again = await one.batches.create({
      ...NEW,
      tenantId,
      versionId,
      fileId,
      idempotency: { key, requestHash: Buffer.alloc(32) },
    });
    expect(again).toEqual({ id, created: false });
  } finally {
    await one.close();
    await store.batches.cancel(tenantId, id);
    await runToEnd(id);
  }
});

describe('a file with errors', () => {
  it('is refused as a whole where invalid lines are not to be skipped', async () => {
    const id = await createBatch([line('a', 'x'), 'no json', line('c', '')], { invalidLines: 'reject' });
    await step();
    const batch = await find(id);
    expect(batch).toMatchObject({
      state: 'failed',
      total: 0,
      succeeded: 0,
      failed: 0,
      errorCount: 2,
      outputFile: null,
    });
    expect(batch.errors).toEqual([
      { line: 2, code: 'malformed-json', message: 'The line is not JSON.', custom_id: null },
      { line: 3, code: 'validation', message: '/input: must not be empty', custom_id: 'c' },
    ]);
    expect(await database.query(`SELECT 1 FROM jobs WHERE batch_id = '${id}'`)).toEqual([]);
  });

  it.each([
    ['empty-file', ['', '  ']],
    ['duplicate-custom-id', [line('a', 'x'), line('a', 'y')]],
  ])('is refused for %s in any case', async (code, lines) => {
    const id = await createBatch(lines);
    await step();
    expect(await find(id)).toMatchObject({ state: 'failed', errors: [{ code }] });
  });

  it('none of whose lines can run ends with an error file', async () => {
    const id = await createBatch(['x', 'y']);
    await runToEnd(id);
    expect(await find(id)).toMatchObject({ state: 'succeeded', total: 2, failed: 2, outputFile: null });
    expect((await outcome(id)).errors.map(({ line: number }) => number)).toEqual([1, 2]);
  });

  it('has a line of a mebibyte, and one of a byte more', async () => {
    const head = '{"custom_id":"a","input":{"text":"x"}}';
    const id = await createBatch([
      head + ' '.repeat(LIMITS.maxLineBytes - head.length),
      `${head} ${' '.repeat(LIMITS.maxLineBytes - head.length)}`,
    ]);
    await runToEnd(id);
    const { output, errors } = await outcome(id);
    expect(output.map(({ line: number }) => number)).toEqual([1]);
    expect(errors).toMatchObject([{ line: 2, custom_id: null, error: { code: 'line-too-long' } }]);
  });

  it('that is not in the store is looked for until the window has passed', async () => {
    const id = await createBatch([line('gone', newUuid())]);
    const [{ sha256 }] = (await database.query<{ sha256: string }>(
      `SELECT sha256 FROM batches WHERE id = '${id}'`,
    )) as [{ sha256: string }];
    await artifacts.remove(sha256);
    await expect(step()).rejects.toMatchObject({ code: 'artifact-corrupt' });
    expect((await find(id)).state).toBe('validating');
    await database.query(`UPDATE batches SET deadline = now() WHERE id = '${id}'`);
    await step();
    expect(await find(id)).toMatchObject({
      state: 'failed',
      errors: [{ code: 'artifact-corrupt', line: null }],
    });
  });
});

it('a file that has changed in the store is not run', async () => {
  const id = await createBatch([line('a', newUuid())]);
  const changed = {
    ...resources(),
    artifacts: {
      ...artifacts,
      read: async () =>
        (async function* () {
          yield Buffer.from(line('a', 'something else'));
        })(),
    },
  };
  await makeDue();
  const batch = (await store.batches.claim(60_000))!;
  await expect(advance(changed as unknown as Resources, batch, nothing)).rejects.toMatchObject({
    code: 'artifact-corrupt',
  });
  expect((await find(id)).state).toBe('validating');
  await runToEnd(id);
});

describe('the next batch', () => {
  it('is of a tenant that had no turn, then of the one whose turn is longest ago, in the states asked for', async () => {
    const other = (await store.tenants.ensure(`t${newUuid().slice(-8)}`, 'Other')).id;
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push(await createBatch([line('a', `x ${i}`)]));
    await database.query(`UPDATE batches SET tenant_id = '${other}', due_at = now() WHERE id = '${ids[2]}'`);
    await database.query(
      `UPDATE batches SET due_at = now() - interval '1 min' WHERE id IN ('${ids[0]}', '${ids[1]}')`,
    );
    const claimed = async (served: string[]) => {
      const batch = await store.batches.claim(60_000, { states: ['validating'], served });
      await makeDue();
      await database.query(
        `UPDATE batches SET due_at = now() - interval '1 min' WHERE id IN ('${ids[0]}', '${ids[1]}')`,
      );
      return batch!.tenantId;
    };
    expect(await claimed([])).toBe(tenantId);
    expect(await claimed([tenantId])).toBe(other);
    expect(await claimed([other, tenantId])).toBe(other);
    expect(await claimed([tenantId, other])).toBe(tenantId);
    expect(await store.batches.claim(60_000, { states: ['running'], served: [] })).toBeNull();
    await database.query(`UPDATE batches SET tenant_id = '${tenantId}' WHERE id = '${ids[2]}'`);
    for (const id of ids) await runToEnd(id);
  });

  it('has room for its jobs whatever less urgent batches have open', async () => {
    const id = await createBatch(FILE.slice(0, 10));
    await step();
    await step();
    const openFor = (priority: number) => store.batches.openWork({ tenantId, versionId, priority });
    expect((await openFor(2)).jobs).toBeGreaterThan(0);
    expect(await openFor(0)).toEqual({ jobs: 0, cost: 0 });
    // Of another task there are none, whatever there is of this one.
    const { jobs, cost } = await openFor(2);
    const batch = { tenantId, versionId, priority: 2 };
    expect(await store.batches.openWork(batch, 'text-classification')).toEqual({ jobs, cost });
    expect(await store.batches.openWork(batch, 'attention')).toEqual({ jobs: 0, cost });
    await runToEnd(id);
  });
});

describe('what cannot be got on', () => {
  /** Up to the writing of the files. */
  async function untilFinalizing(id: string): Promise<void> {
    for (let i = 0; (await find(id)).state !== 'finalizing'; i++) {
      await step();
      await work();
      expect(i).toBeLessThan(50);
    }
  }
  const removeFile = async (id: string) => {
    const [row] = await database.query<{ sha256: string }>(`SELECT sha256 FROM batches WHERE id = '${id}'`);
    await artifacts.remove(row!.sha256);
  };

  it('leaves no files behind where the store refuses them, and ends when it takes them', async () => {
    const id = await createBatch(FILE);
    await untilFinalizing(id);
    const files = () => database.query('SELECT id FROM files ORDER BY id');
    const before = await files();
    const put = async () => {
      throw new Error('refused');
    };
    await makeDue();
    const batch = (await store.batches.claim(60_000))!;
    const refusing = {
      ...resources(),
      artifacts: { ...artifacts, read: artifacts.read.bind(artifacts), put },
    };
    await expect(advance(refusing as unknown as Resources, batch, nothing)).rejects.toThrow('refused');
    expect(await files()).toEqual(before);
    await runToEnd(id);
    await checkComplete(id);
  });

  it('ends a day after its deadline, with what is wrong', async () => {
    const id = await createBatch([line('late', newUuid())]);
    await untilFinalizing(id);
    await removeFile(id);
    await database.query(`UPDATE batches SET deadline = now() - interval '23 h' WHERE id = '${id}'`);
    await expect(step()).rejects.toMatchObject({ code: 'artifact-corrupt' });
    await database.query(`UPDATE batches SET deadline = now() - interval '25 h' WHERE id = '${id}'`);
    await step();
    expect(await find(id)).toMatchObject({
      state: 'failed',
      total: 0,
      succeeded: 0,
      outputFile: null,
      errors: [{ line: null, code: 'artifact-corrupt' }],
    });
    expect(await database.query(`SELECT 1 FROM batch_jobs WHERE batch_id = '${id}'`)).toEqual([]);
  });

  it('while it runs ends its jobs, and canceled a day after it was canceled', async () => {
    const id = await createBatch([line('gone', newUuid())]);
    await step();
    await step();
    await store.batches.cancel(tenantId, id);
    await removeFile(id);
    await expect(step()).rejects.toMatchObject({ code: 'artifact-corrupt' });
    await database.query(
      `UPDATE batches SET history = jsonb_set(history, '{-1,at}', to_jsonb(now() - interval '25 h')) WHERE id = '${id}'`,
    );
    await step();
    expect(await find(id)).toMatchObject({
      state: 'canceled',
      total: 0,
      errors: [{ code: 'artifact-corrupt' }],
    });
    expect(
      await database.query(`SELECT 1 FROM jobs WHERE batch_id = '${id}' AND completed_at IS NULL`),
    ).toEqual([]);
  });

  it('for want of room beside others runs again alone', async () => {
    const id = await createBatch(FILE.slice(0, 4));
    await step();
    await step();
    const entries: { id: string; epoch: number }[] = [];
    await store.jobs.dispatch(versionId, 1, async (chosen) => void entries.push(...chosen));
    const worker = { id: newUuid(), leaseMs: 60_000 };
    const [job] = await store.jobs.claim(entries, worker);
    const labels = { labels: [{ label: 'x', score: 1 }] };
    const results = [
      ...[0, 1, 2].map((index) => ({ index, output: labels })),
      { index: 3, error: { code: 'output-too-large', message: '' } },
    ];
    await store.jobs.finish(
      [
        {
          id: job!.id,
          attempt: job!.attempt,
          results: JSON.stringify(results),
          itemTokens: [1, 1, 1, 1],
          noRoom: true,
          succeeded: 3,
          failed: 1,
          usage: { tokens: 4, padded_tokens: 0, truncated: 0 },
          timing: { queue_ms: 0, tokenize_ms: 0, inference_ms: 0 },
          error: null,
        },
      ],
      worker.id,
    );
    await step();
    expect(
      await database.query(`SELECT 1 FROM jobs WHERE batch_id = '${id}' AND completed_at IS NULL`),
    ).toHaveLength(4);
    await runToEnd(id);
    expect(await find(id)).toMatchObject({ state: 'succeeded', succeeded: 4, failed: 0 });
  });

  it('is not divided any more where outputs have no room: its lines keep what they have', async () => {
    const id = await createBatch(FILE.slice(0, 4));
    await step();
    await step();
    const [entry] = await database.query<{ id: string }>(
      `SELECT id FROM jobs WHERE batch_id = '${id}' AND completed_at IS NULL`,
    );
    await work();
    await database.query(`UPDATE jobs SET failed = 1 WHERE id = '${entry!.id}'`);
    await database.query(`UPDATE job_results SET no_room = true WHERE job_id = '${entry!.id}'`);
    await makeDue();
    const batch = (await store.batches.claim(60_000))!;
    const options = { done: 0, least: 1, fed: true };
    expect(await store.batches.collect(batch, { ...options, mostBytes: -1 })).toMatchObject({
      open: false,
      divided: 0,
      changed: true,
    });
    await runToEnd(id);
  });

  it('tells of no progress of few lines while jobs are still to be made', async () => {
    const id = await createBatch(FILE.slice(0, 10));
    await step();
    await step();
    await work();
    await makeDue();
    const batch = (await store.batches.claim(60_000))!;
    const collect = (of: typeof batch, fed: boolean) =>
      store.batches.collect(of, { done: 0, least: 100, fed, mostBytes: 1_000_000 });
    expect(await collect(batch, false)).toMatchObject({
      open: true,
      divided: 0,
      changed: false,
    });
    expect(await collect(batch, true)).toMatchObject({
      open: false,
      divided: 0,
      changed: true,
    });
    await runToEnd(id);
  });
});

describe('a cancellation', () => {
  it('before the file was looked at tells of too many lines, and of none of them', async () => {
    const id = await createBatch(Array.from({ length: LIMITS.maxBatchLines + 1 }, () => 'x'));
    await store.batches.cancel(tenantId, id);
    await step();
    expect(await find(id)).toMatchObject({
      state: 'canceled',
      total: 0,
      canceled: 0,
      errorFile: null,
      errors: [{ line: 50_001, code: 'too-many-lines' }],
    });
  });

  it('of many jobs ends all of them', async () => {
    const id = await createBatch(
      Array.from({ length: 1_200 }, (_, i) =>
        JSON.stringify({ custom_id: `${i}`, input: 'x', parameters: { top_k: i + 1 } }),
      ),
    );
    await step();
    await step();
    const open = () => database.query(`SELECT 1 FROM jobs WHERE batch_id = '${id}' AND completed_at IS NULL`);
    expect((await open()).length).toBe(1_200);
    await store.batches.cancel(tenantId, id);
    await step();
    expect(await open()).toEqual([]);
    expect(await find(id)).toMatchObject({ state: 'canceled', canceled: 1_200 });
  });

  it('leaves lines of a job that died as a whole canceled: they would have run again', async () => {
    const id = await createBatch(FILE.slice(0, 10));
    await step();
    await step();
    await database.query(
      `UPDATE jobs SET state = 'failed', completed_at = now(), failed = items, error = '{"code":"worker-crashed","message":""}'
        WHERE batch_id = '${id}'`,
    );
    await store.batches.cancel(tenantId, id);
    await step();
    expect(await find(id)).toMatchObject({ state: 'canceled', canceled: 10, failed: 0 });
  });

  it('before the file was looked at leaves every line canceled', async () => {
    const id = await createBatch(FILE);
    expect(await store.batches.cancel(tenantId, id)).toBe(true);
    expect(await store.batches.cancel(tenantId, id)).toBe(false);
    await step();
    expect(await find(id)).toMatchObject({ state: 'canceled', total: 54, canceled: 54, outputFile: null });
    const { errors } = await outcome(id);
    expect(errors.map(({ status, error }) => `${status} ${error.code}`)).toEqual(
      Array(54).fill('canceled canceled'),
    );
    expect(errors[0]!.custom_id).toBe('a0');
  });

  it('while it runs keeps what is done, and discards what comes late', async () => {
    const id = await createBatch(
      Array.from({ length: 400 }, (_, i) => line(`${i}`, `text ${i} ${'word '.repeat(100)}`)),
    );
    await step();
    await step();
    await work(3);
    const entries: { id: string; epoch: number }[] = [];
    await store.jobs.dispatch(versionId, 1, async (chosen) => void entries.push(...chosen));
    const worker = { id: newUuid(), leaseMs: 60_000 };
    const [late] = await store.jobs.claim(entries, worker);
    expect(await store.batches.cancel(tenantId, id)).toBe(true);
    await step();
    const batch = await find(id);
    expect(batch.state).toBe('canceled');
    expect(batch.succeeded).toBeGreaterThan(0);
    expect(batch.canceled).toBeGreaterThan(0);
    expect(batch.succeeded + batch.canceled).toBe(400);
    const { output, errors } = await outcome(id);
    expect([output.length, errors.length]).toEqual([batch.succeeded, batch.canceled]);
    expect([...output, ...errors].map((one) => one.custom_id).sort()).toEqual(
      Array.from({ length: 400 }, (_, i) => `${i}`).sort(),
    );
    const stale = {
      id: late!.id,
      attempt: late!.attempt,
      results: '[]',
      succeeded: 1,
      failed: 0,
      error: null,
    };
    const usage = { tokens: 0, padded_tokens: 0, truncated: 0 };
    const timing = { queue_ms: 0, tokenize_ms: 0, inference_ms: 0 };
    expect(await store.jobs.finish([{ ...stale, usage, timing }], worker.id)).toEqual([]);
    expect(
      await database.query(`SELECT 1 FROM jobs WHERE batch_id = '${id}' AND completed_at IS NULL`),
    ).toEqual([]);
  });

  it('in the middle of a step takes the batch away from it', async () => {
    const id = await createBatch(FILE);
    await makeDue();
    const batch = (await store.batches.claim(60_000))!;
    await store.batches.cancel(tenantId, id);
    await expect(advance(resources(), batch, nothing)).rejects.toBeInstanceOf(LeaseLost);
    await runToEnd(id);
    expect((await find(id)).state).toBe('canceled');
  });

  it('of one of its jobs cancels the lines of that', async () => {
    const id = await createBatch(FILE.slice(0, 10));
    await step();
    await step();
    const [job] = await database.query<{ id: string }>(`SELECT id FROM jobs WHERE batch_id = '${id}'`);
    await store.jobs.cancel(tenantId, job!.id);
    await runToEnd(id);
    expect(await find(id)).toMatchObject({ state: 'succeeded', canceled: 10, succeeded: 0 });
  });

  it('comes too late while the files are written, and after the end', async () => {
    const id = await createBatch(FILE);
    for (let i = 0; (await find(id)).state !== 'finalizing'; i++) {
      await step();
      await work();
      expect(i).toBeLessThan(50);
    }
    expect(await store.batches.cancel(tenantId, id)).toBe(false);
    await runToEnd(id);
    expect(await store.batches.cancel(tenantId, id)).toBe(false);
    await checkComplete(id);
  });
});

describe('a window that has passed', () => {
  it('leaves the lines that have not run in the error file', async () => {
    const id = await createBatch(
      Array.from({ length: 400 }, (_, i) => line(`${i}`, `text ${i} ${'word '.repeat(100)}`)),
    );
    await step();
    await step();
    await work(3);
    await database.query(`UPDATE batches SET deadline = now() WHERE id = '${id}'`);
    await runToEnd(id);
    const batch = await find(id);
    expect(batch).toMatchObject({ state: 'expired', total: 400, canceled: 0, failed: 0 });
    expect(batch.succeeded).toBeGreaterThan(0);
    const { output, errors } = await outcome(id);
    expect(new Set(errors.map(({ status, error }) => `${status} ${error.code}`))).toEqual(
      new Set(['expired batch-expired']),
    );
    expect([output.length, errors.length, output.length + errors.length]).toEqual([
      batch.succeeded,
      batch.expired,
      400,
    ]);
  });

  it('when everything has run is no matter', async () => {
    const id = await createBatch(FILE.slice(0, 5));
    await step();
    await step();
    await work();
    await database.query(`UPDATE batches SET deadline = now() WHERE id = '${id}'`);
    await runToEnd(id);
    expect(await find(id)).toMatchObject({ state: 'succeeded', succeeded: 5 });
  });
});

describe('what a batch leaves', () => {
  it('are jobs that may be purged only when it has ended, and rows that go in the end', async () => {
    const id = await createBatch(FILE.slice(0, 5));
    await step();
    await step();
    await work();
    const [job] = await database.query<{ id: string }>(`SELECT id FROM jobs WHERE batch_id = '${id}'`);
    expect(await store.jobs.purge(tenantId, job!.id)).toBe('not-terminal');
    await runToEnd(id);
    expect((await outcome(id)).output).toHaveLength(5);
    const jobs = () =>
      database.query<{ ttl: number | null }>(`SELECT result_ttl_s AS ttl FROM jobs WHERE batch_id = '${id}'`);
    expect(await jobs()).toEqual([{ ttl: null }]);
    while ((await store.batches.releaseJobs()) > 0);
    expect(await jobs()).toEqual([{ ttl: 3_600 }]);
    await database.query(`UPDATE jobs SET completed_at = now() - interval '2 h' WHERE batch_id = '${id}'`);
    expect(await store.jobs.removeExpiredData()).toBe(1);
    expect(await store.jobs.purge(tenantId, job!.id)).toBe('purged');
    expect(await store.batches.removeOld()).toBe(0);
    await database.query(`UPDATE batches SET expires_at = now() WHERE id = '${id}'`);
    expect(await store.batches.removeOld()).toBe(1);
    expect(await store.batches.find(tenantId, id)).toBeNull();
  });
});

class Death extends Error {}

/** A store that dies before or after the call for which `isFatal` says so. */
function dyingStore(isFatal: () => boolean, when: 'before' | 'after'): Store {
  const { batches } = store;
  let itemsRead = 0;
  const dying = Object.fromEntries(
    Object.entries(batches)
      .filter(([, member]) => typeof member === 'function')
      .map(([name, member]) => [
        name,
        async (...parameters: unknown[]) => {
          // One job's results are read like another's.
          const fatal = (name !== 'itemsOf' || itemsRead++ < 2) && isFatal();
          if (fatal && when === 'before') throw new Death(name);
          const result = await (member as (...all: unknown[]) => Promise<unknown>)(...parameters);
          if (fatal) throw new Death(name);
          return result;
        },
      ]),
  );
  return { ...store, batches: dying, files: store.files, workers: store.workers } as unknown as Store;
}
