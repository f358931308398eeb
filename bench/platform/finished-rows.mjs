/**
 * What committing and ending a job costs as finished ones pile up: the store's own statements in two databases of one
 * server, one of which holds as many finished jobs as the plan says.
 */
import { newUuid } from '@heddle/contracts';
import { migrate, openStore } from '@heddle/store';
import { createTestDatabase, testManifest } from '@heddle/testing';
import { inRounds, spreadOf } from './load.mjs';

/** Submissions under way, and jobs that one statement claims or finishes: what an api and a worker have when busy. */
const LANES = 8;
const GROUP = 32;
const TEXT = 'The first half promises what the second half forgets.';
const RESULTS = JSON.stringify([
  {
    index: 0,
    output: {
      labels: [
        { label: 'negative', score: 0.8432953953742981 },
        { label: 'positive', score: 0.1567046046257 },
      ],
    },
  },
]);
const USAGE = { tokens: 14, padded_tokens: 14, truncated: 0 };
const TIMING = { queue_ms: 8.1, tokenize_ms: 0.4, inference_ms: 3.2 };
const WORKER = { id: newUuid(), leaseMs: 60_000 };

/** Jobs a second, by statement and rows. */
export async function measureFinishedRows({ rows, rounds, jobs }) {
  const stops = [];
  try {
    const contenders = {};
    for (const finished of [0, rows]) {
      const side = await openSide();
      stops.push(side.close);
      if (finished > 0) await side.fill(finished);
      contenders[finished] = () => side.measure(jobs);
    }
    const lists = await inRounds(rounds, contenders);
    const of = (step) =>
      Object.fromEntries(
        Object.entries(lists).map(([finished, list]) => [
          finished,
          spreadOf(list.map((rates) => rates[step])),
        ]),
      );
    return { submit: of('submit'), dispatch: of('dispatch'), claim: of('claim'), finish: of('finish') };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function openSide() {
  const database = await createTestDatabase();
  const options = { url: database.url, applicationName: 'bench', onPoolError: () => undefined };
  await migrate(options);
  const store = await openStore(options);
  const { id: tenantId } = await store.tenants.ensure('bench', 'Bench');
  const { id: versionId } = await store.models.addVersion({
    tenantId,
    name: 'bench',
    description: '',
    manifest: testManifest(),
  });
  return {
    fill: (count) => fill(database, { tenantId, versionId }, count),
    measure: (count) => measure(store, { tenantId, versionId }, count),
    close: async () => {
      await store.close();
      await database.drop();
    },
  };
}

/** As a service has them that began a month ago; the three tables at the same time. */
export async function fill(database, { tenantId, versionId }, count) {
  const started = performance.now();
  const now = new Date().toISOString();
  // The same ids for every table, in the order of time: UUIDv7 with a hash for what is random.
  const rows = `(SELECT t, (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8' ||
                           substr(hash, 4, 15))::uuid AS id
      FROM generate_series(1, ${count}) i
      CROSS JOIN LATERAL (SELECT '${now}'::timestamptz - interval '30 days' * (1 - i / ${count}.0) AS t, md5(i::text) AS hash) row) rows`;
  const statements = [
    `INSERT INTO jobs (id, tenant_id, version_id, alias, task, parameters, priority, state, attempt, sequence, dispatched_at,
                       items, cost, succeeded, usage, timing, created_at, started_at, completed_at, deadline)
     SELECT id, '${tenantId}', '${versionId}', 'production', 'text-classification', '{}', 1, 'succeeded', 1, 3, t, 1, 16, 1,
            '${JSON.stringify(USAGE)}', '${JSON.stringify(TIMING)}', t, t, t, t + interval '1 day' FROM ${rows}`,
    `INSERT INTO job_inputs SELECT id, '${JSON.stringify([TEXT])}', '${tenantId}' FROM ${rows}`,
    `INSERT INTO job_results SELECT id, '${RESULTS}', '${tenantId}' FROM ${rows}`,
  ];
  // Foreign keys are true by construction; looking each up would take most of the time.
  await Promise.all(
    statements.map((sql) => database.query(`SET session_replication_role = replica; ${sql}`)),
  );
  // What autovacuum does in time.
  const tables = ['jobs', 'job_inputs', 'job_results'];
  await Promise.all(tables.map((table) => database.query(`VACUUM ANALYZE ${table}`)));
  await database.query('CHECKPOINT');
  console.log(`${count} finished jobs in ${Math.round((performance.now() - started) / 1000)} s`);
}

/** One batch of jobs through all their statements; jobs a second of each. */
async function measure(store, { tenantId, versionId }, count) {
  const rates = {};
  const timed = async (step, work) => {
    const started = performance.now();
    const result = await work();
    rates[step] = (count * 1000) / (performance.now() - started);
    return result;
  };
  let submitted = 0;
  const lane = async () => {
    while (submitted++ < count) await store.jobs.submit(newJob({ tenantId, versionId }));
  };
  await timed('submit', () => Promise.all(Array.from({ length: LANES }, lane)));
  const entries = [];
  await timed('dispatch', async () => {
    const add = async (chosen) => {
      entries.push(...chosen.map(({ id, epoch }) => ({ id, epoch })));
      return chosen;
    };
    while ((await store.jobs.dispatch(versionId, GROUP, add)) > 0);
  });
  const claimed = await timed('claim', () => inGroups(entries, (group) => store.jobs.claim(group, WORKER)));
  const stored = await timed('finish', () =>
    inGroups(claimed.map(finishedJob), (group) => store.jobs.finish(group, WORKER.id)),
  );
  if (stored.length !== count) throw new Error(`${stored.length} of ${count} jobs were stored`);
  return rates;
}

async function inGroups(list, work) {
  const results = [];
  for (let at = 0; at < list.length; at += GROUP) results.push(...(await work(list.slice(at, at + GROUP))));
  return results;
}

function newJob(ids) {
  return {
    ...ids,
    id: newUuid(),
    alias: 'production',
    task: 'text-classification',
    parameters: {},
    inputs: [TEXT],
    metadata: {},
    priority: 1,
    deadlineS: 86_400,
    cost: 16,
    idempotency: null,
    answerStatus: 202,
  };
}

function finishedJob({ id, attempt }) {
  return {
    id,
    attempt,
    results: RESULTS,
    succeeded: 1,
    failed: 0,
    usage: USAGE,
    timing: TIMING,
    error: null,
  };
}
