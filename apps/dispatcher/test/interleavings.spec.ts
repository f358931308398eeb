import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { newUuid } from '@heddle/contracts';
import {
  openWorkQueue,
  type QueueConnection,
  type QueueConsumer,
  type QueueEntry,
  type WorkQueue,
} from '@heddle/queue';
import { LIBRARY_TENANT, openStore, type Store } from '@heddle/store';
import {
  createMigratedDatabase,
  messageOf,
  startRedis,
  type TestDatabase,
  type TestRedis,
  waitFor,
} from '@heddle/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANSWER, newVersion, submitJob } from './jobs.js';

/** Sequences of commands for each backend. A failing one is printed with the seed and path that repeat it. */
const RUNS = Number(process.env.HEDDLE_MODEL_RUNS ?? 8);
const SEED = Number(process.env.HEDDLE_MODEL_SEED ?? 1);
const MAX_COMMANDS = 25;
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const LEASE_MS = 300;
/** All that is open ends within this time once nothing is disturbed any more: five lost attempts of a lease each, and some. */
const HEALED_MS = 40_000;
const TERMINAL = ['succeeded', 'failed', 'canceled', 'expired'];

/** What a worker does with the next entry that it can claim. */
const BEHAVIOURS = ['vanish', 'answer-late', 'answer-twice', 'crash', 'drain'] as const;
type Behaviour = (typeof BEHAVIOURS)[number];

/** What must be so, whatever runs beside it. */
interface Model {
  /** Ids in the order of submission. */
  jobs: string[];
  byKey: Map<string, string>;
  /** The states that jobs were seen to end in: they never change. */
  ended: Map<string, string>;
}

interface Real {
  versionId: string;
  behaviours: Behaviour[];
  /** Answers that the store took, by job. */
  stored: Map<string, number>;
  startWorker(): Promise<void>;
  stopWorker(): Promise<void>;
}

type Command = fc.AsyncCommand<Model, Real>;

describe.each(['redis', 'postgres'] as const)('jobs, with the dispatch window in %s', (backend) => {
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let work: WorkQueue;
  let store: Store;
  let tenantId: string;
  let library: string;
  let dispatcher: ChildProcess;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    redis = backend === 'redis' ? await startRedis() : undefined;
    const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
    store = await openStore(options);
    tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
    library = (await store.tenants.ensure(LIBRARY_TENANT, 'Library')).id;
    const connection: QueueConnection = redis
      ? { kind: 'redis', url: redis.url }
      : { kind: 'postgres', url: database.url };
    work = await openWorkQueue(connection);
    dispatcher = await startDispatcher();
  });
  afterAll(async () => {
    await killDispatcher();
    await work.close();
    await store.close();
    await redis?.stop();
    await database.drop();
  });

  async function startDispatcher(): Promise<ChildProcess> {
    const child = fork(MAIN, {
      env: {
        PATH: process.env.PATH,
        HEDDLE_DATABASE_URL: database.url,
        HEDDLE_LOG_LEVEL: 'error',
        HEDDLE_RECONCILE_INTERVAL_MS: '200',
        ...(redis ? { HEDDLE_REDIS_URL: redis.url } : {}),
      },
    });
    await messageOf(child, 'ready');
    return child;
  }
  async function killDispatcher(): Promise<void> {
    const exited = once(dispatcher, 'exit');
    dispatcher.kill('SIGKILL');
    await exited;
  }
  async function loseQueue(): Promise<void> {
    if (redis) await redis.restart();
    else await database.query('TRUNCATE bullmq.meta, bullmq.job, bullmq.event CASCADE');
  }
  const find = (id: string) => store.jobs.find(tenantId, id, { inputs: false, results: true });
  const jobOf = ({ jobs }: Model, index: number) => jobs[index % jobs.length]!;
  const pause = (versionId: string, paused: boolean) =>
    store.queues.pause(versionId, paused, { key: null, name: 'spec', requestId: null });

  /** A worker that behaves as it is told, and well when it is told nothing. */
  async function setUp(): Promise<{ model: Model; real: Real }> {
    const versionId = await newVersion(store, library);
    const [behaviours, stored, workerId] = [[] as Behaviour[], new Map<string, number>(), newUuid()];
    let consumer: QueueConsumer | undefined;
    const handle = async (entry: QueueEntry) => {
      const [job] = await store.jobs.claim([entry], { id: workerId, leaseMs: LEASE_MS });
      if (!job) return;
      const held = { id: job.id, attempt: job.attempt };
      const answer = async () => {
        for (const id of await store.jobs.finish([{ ...held, ...ANSWER }], workerId)) {
          stored.set(id, (stored.get(id) ?? 0) + 1);
        }
      };
      const behaviour = behaviours.shift();
      if (behaviour === 'vanish') return;
      if (behaviour === 'crash') await store.jobs.giveBack([held], 'worker-crashed', workerId);
      else if (behaviour === 'drain') await store.jobs.giveBack([held], 'drained', workerId);
      else {
        if (behaviour === 'answer-late') await sleep(LEASE_MS * 2);
        await Promise.all([answer(), ...(behaviour === 'answer-twice' ? [answer()] : [])]);
      }
    };
    const real: Real = {
      versionId,
      behaviours,
      stored,
      startWorker: async () => {
        const options = { version: versionId, concurrency: 20, handler: handle, onError: () => undefined };
        consumer ??= await work.consume(options);
      },
      stopWorker: async () => {
        const stopping = consumer;
        consumer = undefined;
        await stopping?.close();
      },
    };
    return { model: { jobs: [], byKey: new Map(), ended: new Map() }, real };
  }

  /** What ended stays as it ended. */
  async function look(model: Model): Promise<void> {
    for (const id of model.jobs) {
      const job = await find(id);
      const before = model.ended.get(id);
      if (before) expect(job!.state, id).toBe(before);
      if (TERMINAL.includes(job!.state)) model.ended.set(id, job!.state);
    }
  }

  /** A command, and a look at what it must not have changed. */
  function command(
    text: string,
    run: (model: Model, real: Real) => Promise<unknown>,
    check: (model: Model) => boolean = () => true,
  ): Command {
    return {
      check,
      run: async (model, real) => {
        await run(model, real);
        await look(model);
      },
      toString: () => text,
    };
  }
  const hasJobs = ({ jobs }: Model) => jobs.length > 0;

  const commands: fc.Arbitrary<Command>[] = [
    fc.option(fc.constantFrom('a', 'b')).map((key) =>
      command(`submit ${key}`, async (model, { versionId }) => {
        const hash = createHash('sha256').update('same').digest();
        const scoped = key === null ? null : `${key} of ${versionId}`;
        const idempotency = scoped === null ? null : { key: scoped, requestHash: hash };
        const submitted = await submitJob(store, { tenantId, versionId, idempotency });
        const known = scoped === null ? undefined : model.byKey.get(scoped);
        if (known) expect(submitted).toMatchObject({ id: known, created: false });
        else model.jobs.push(submitted.id);
        if (scoped !== null) model.byKey.set(scoped, submitted.id);
      }),
    ),
    fc.nat().map((index) =>
      command(
        `cancel ${index}`,
        async (model) => {
          const id = jobOf(model, index);
          const canceled = await store.jobs.cancel(tenantId, id);
          // It ends here, or had ended.
          if (canceled) model.ended.set(id, 'canceled');
          else expect(TERMINAL).toContain((await find(id))!.state);
        },
        hasJobs,
      ),
    ),
    fc
      .nat()
      .map((index) =>
        command(
          `miss deadline ${index}`,
          async (model) =>
            database.query(
              `UPDATE jobs SET deadline = now() WHERE id = '${jobOf(model, index)}' AND completed_at IS NULL`,
            ),
          hasJobs,
        ),
      ),
    fc
      .constantFrom(...BEHAVIOURS)
      .map((behaviour) =>
        command(`worker will ${behaviour}`, async (_, { behaviours }) => behaviours.push(behaviour)),
      ),
    fc.constant(command('start worker', (_, real) => real.startWorker())),
    fc.constant(command('stop worker', (_, real) => real.stopWorker())),
    fc.constant(command('lose queue', loseQueue)),
    fc.constant(
      command('kill dispatcher', async () => {
        await killDispatcher();
        dispatcher = await startDispatcher();
      }),
    ),
    fc.boolean().map((on) => command(`pause ${on}`, (_, { versionId }) => pause(versionId, on))),
    fc.integer({ min: 1, max: 400 }).map((ms) => command(`wait ${ms} ms`, () => sleep(ms))),
  ];
  // Most commands are of little use without jobs to do.
  const [submit, ...others] = commands;
  const weighted = fc.oneof(
    { arbitrary: submit!, weight: 8 },
    ...others.map((arbitrary) => ({ arbitrary, weight: 2 })),
  );

  it('end once, as they were told to, whatever happens to them', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands([weighted], { maxCommands: MAX_COMMANDS, size: 'max' }), async (given) => {
        const { model, real } = await setUp();
        await real.startWorker();
        await fc.asyncModelRun(() => ({ model, real }), given);

        real.behaviours.length = 0;
        await pause(real.versionId, false);
        await real.startWorker();
        const allEnded = async () => (await store.jobs.endedAmong(model.jobs)).length === model.jobs.length;
        await waitFor(allEnded, { timeoutMs: HEALED_MS });
        await look(model);
        for (const id of model.jobs) {
          const job = (await find(id))!;
          const succeeded = job.state === 'succeeded';
          expect(job.results !== null, `${id} is ${job.state}`).toBe(succeeded);
          expect(real.stored.get(id) ?? 0, id).toBe(succeeded ? 1 : 0);
        }
        await real.stopWorker();
      }),
      // Shrinking would take minutes; seed and path repeat the run.
      { numRuns: RUNS, seed: SEED, endOnFailure: true, interruptAfterTimeLimit: 500_000 },
    );
  });
});
