/** Faults of models: one answers with what is no number, one takes its process down each time it runs. */
import { execFile } from 'node:child_process';
import { cp, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fromPublicId } from '@heddle/contracts';
import { changeTensors, childrenOf, createTestFolder, waitFor } from '@heddle/testing';
import { signalIfThere } from '../signal.mjs';
import { startWaiting } from '../waits.mjs';

const REPOSITORY = new URL('../../', import.meta.url);
/** A word of the vocabulary of the shipped models that no verification of an import uses. */
const BAD_WORD = 'zebra';
/** Where the word differs from all others, and the unit of the first feed-forward network that notices it. */
const CHANNEL = 7;
const UNIT = 0;
/** A channel that alone is large is about 16 behind a LayerNorm of 256, and above 8 behind the next; others are below 6. */
const THRESHOLD = 6;
/** Finite, as its products with a few are; the product of two is not. */
const LARGE = 2e37;
const QUARANTINED = 'it is in quarantine';
/** docs/chaos.md: so many exits put a version into quarantine; and time to run the version that often. */
const EXITS = 5;
const QUARANTINE_MS = 60_000;
/** What a long job may end of while its model crashes, and when nobody runs it any more. */
const ENDS_OF_TOPICS = new Set(['worker-crashed', 'model-unavailable']);
/** Long enough for the kernel's clock, with its ticks of 10 ms, to tell who works. */
const WATCHED_MS = 50;
/** Waits of the other model. Beside a long job each takes long, so there is one round of them. */
const WAITS = { warmUp: 20, count: 100, rounds: 1 };
/** docs/job-states.md: jobs of a version that no worker runs any more end half a minute after that, and a repair later. */
const UNAVAILABLE_MS = 60_000;

export const MODEL_FAULTS = [
  {
    id: 'F17',
    what: 'a model that answers one word with NaN',
    inject: async ({ heddle, client }) => {
      await importBroken(heddle);
      const run = (inputs) => client.run({ model: 'broken', inputs });
      // The worker takes the version up when it has loaded it.
      const good = await run(['film 1 was good']);
      if (good.status !== 'succeeded') throw new Error(`a good input ended ${good.status}`);
      const mixed = await run(['film 1 was good', `the ${BAD_WORD} was good`]);
      const alone = await run([`the ${BAD_WORD} was good`]);
      const ids = [mixed, alone].map(({ id }) => `'${fromPublicId('job', id)}'`);
      const stored = await heddle.database.query(
        `SELECT results::text AS text FROM job_results WHERE job_id IN (${ids})`,
      );
      const outcomes = [
        mixed.counts.succeeded,
        mixed.results[1].error?.code,
        alone.status,
        alone.error?.code,
      ];
      if (String(outcomes) !== String([1, 'non-finite-output', 'failed', 'all-items-failed'])) {
        throw new Error(`a job with a word that gives NaN ended: ${outcomes}`);
      }
      const isStored = stored.some(({ text }) => /NaN|Infinity|"score": ?null/.test(text));
      if (stored.length === 0 || isStored) throw new Error(`stored: ${JSON.stringify(stored)}`);
      return { item: mixed.results[1].error.code };
    },
  },
  {
    id: 'F18',
    what: 'a model whose inference process is killed each time it runs, as for want of memory',
    load: false,
    inject: async ({ heddle, client, texts }) => {
      const steady = startTopics(client);
      const waiting = await startWaiting({ url: heddle.url, key: heddle.key, texts }, WAITS);
      try {
        const before = await waiting.measure().finally(steady.stop);
        const killing = startKilling(heddle);
        const crashing = startTopics(client);
        const isQuarantined = () => heddle.logs().includes(QUARANTINED);
        const [during, quarantined] = await (async () => [
          await waiting.measure(),
          await waitFor(isQuarantined, { timeoutMs: QUARANTINE_MS }).catch(() => false),
        ])().finally(() => Promise.all([killing.stop(), crashing.stop()]));
        const kills = await killing.stop();
        if (!quarantined) throw new Error(`no quarantine after ${kills} kills`);
        if (kills < EXITS) throw new Error(`quarantined after ${kills} kills`);
        const unavailable_s = await endsUnavailable(client);
        const after = await waiting.measure();
        if (heddle.process('worker').exitCode !== null) throw new Error('the worker ended');
        const facts = {
          kills,
          before_ms: before.trip,
          during_ms: during.trip,
          after_ms: after.trip,
          unavailable_s,
        };
        if (during.trip > 2 * before.trip)
          throw new Error(`p95 of the other model's waits: ${JSON.stringify(facts)}`);
        return facts;
      } finally {
        await waiting.stop();
      }
    },
  },
];

/** Adds the model `broken`: sentiment, but with a word that it cannot compute with. */
async function importBroken(heddle) {
  const folder = await createTestFolder('heddle-chaos-model-');
  try {
    await cp(new URL('models/sentiment/', REPOSITORY), folder, { recursive: true });
    const tokenizer = JSON.parse(await readFile(`${folder}/tokenizer.json`, 'utf8'));
    const row = rowOf(tokenizer, BAD_WORD);
    await changeTensors(folder, (tensor) => answerWithNaN(tensor, row));
    const cli = fileURLToPath(new URL('apps/cli/dist/main.js', REPOSITORY));
    await promisify(execFile)(process.execPath, [cli, 'import', folder, '--name', 'broken', '--promote'], {
      env: {
        PATH: process.env.PATH,
        HEDDLE_DATABASE_URL: heddle.database.url,
        HEDDLE_DATA_DIR: heddle.dataDir,
      },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Changes finite weights by others: one unit is nothing for every word but one, of which it makes a number that is no
 * longer finite.
 */
function answerWithNaN(tensor, row) {
  const layer = (name) => tensor(`deberta.encoder.layer.0.${name}`);
  const width = tensor('deberta.embeddings.LayerNorm.weight').length;
  const units = layer('intermediate.dense.bias').length;
  for (const norm of ['embeddings.LayerNorm', 'encoder.layer.0.attention.output.LayerNorm']) {
    tensor(`deberta.${norm}.weight`)[CHANNEL] = 1;
    tensor(`deberta.${norm}.bias`)[CHANNEL] = 0;
  }
  const word = tensor('deberta.embeddings.word_embeddings.weight').subarray(row * width, (row + 1) * width);
  word.fill(0)[CHANNEL] = 1_000;
  const into = layer('intermediate.dense.weight').subarray(UNIT * width, (UNIT + 1) * width);
  into.fill(0)[CHANNEL] = LARGE;
  layer('intermediate.dense.bias')[UNIT] = -THRESHOLD * LARGE;
  for (let channel = 0; channel < width; channel++)
    layer('output.dense.weight')[channel * units + UNIT] = LARGE;
}

/** Row of a word in the embeddings. */
function rowOf({ model: { vocab } }, word) {
  const piece = `▁${word}`;
  const row = Array.isArray(vocab) ? vocab.findIndex(([text]) => text === piece) : (vocab[piece] ?? -1);
  if (row < 0) throw new Error(`the vocabulary has no ${piece}`);
  return row;
}

/** Seconds until a job of a version that no worker runs any more has ended; throws when it does not end so. */
async function endsUnavailable(client) {
  const started = performance.now();
  const { id } = await client.submit({ model: 'topic', inputs: ['news'] });
  await waitFor(async () => (await client.get(id)).completed_at, { timeoutMs: UNAVAILABLE_MS });
  const { status, error } = await client.get(id);
  if (status !== 'failed' || error.code !== 'model-unavailable')
    throw new Error(`a job of the model in quarantine ended ${status}: ${error?.code}`);
  return Math.round((performance.now() - started) / 1000);
}

/** One client that keeps a long job of the model topic under way; `stop` cancels what is left of it. */
function startTopics(client) {
  let stopping = false;
  const inputs = Array.from({ length: 16 }, (_, i) => `${i} ${'news '.repeat(200)}`);
  const working = (async () => {
    while (!stopping) {
      const { id } = await client.submit({ model: 'topic', inputs });
      await waitFor(async () => stopping || (await client.get(id)).completed_at, { timeoutMs: 300_000 });
      if (stopping) await client.cancel(id);
      const { error } = await client.get(id);
      if (error && !ENDS_OF_TOPICS.has(error.code)) throw new Error(`a long job ended: ${error.message}`);
    }
  })();
  return { stop: stopOf(working, () => (stopping = true)) };
}

/** Kills whichever child runs the model topic, until its version is in quarantine; `stop` gives the number of kills. */
function startKilling(heddle) {
  let stopping = false;
  const worker = heddle.process('worker').pid;
  const killing = (async () => {
    let kills = 0;
    while (!stopping && !heddle.logs().includes(QUARANTINED)) {
      if ((await isRunning(heddle, 'topic')) && (await killBusiest(worker))) kills++;
      await sleep(20);
    }
    return kills;
  })();
  return { stop: stopOf(killing, () => (stopping = true)) };
}

/** Its error is heard where it is stopped: before, nobody waits for it. */
function stopOf(working, tell) {
  working.catch(() => undefined);
  return () => {
    tell();
    return working;
  };
}

async function isRunning(heddle, model) {
  const [{ running }] = await heddle.database.query(
    `SELECT EXISTS (SELECT FROM jobs j JOIN versions v ON v.id = j.version_id JOIN models m ON m.id = v.model_id
       WHERE j.state = 'running' AND m.name = '${model}') AS running`,
  );
  return running;
}

/** Kills the child that works most, if any works. */
async function killBusiest(parent) {
  const pids = await childrenOf(parent);
  const before = await Promise.all(pids.map(ticksOf));
  await sleep(WATCHED_MS);
  const work = (await Promise.all(pids.map(ticksOf))).map((ticks, at) => ticks - before[at]);
  const most = Math.max(...work);
  if (most <= 0) return false;
  return signalIfThere(pids[work.indexOf(most)], 'SIGKILL');
}

/** Hundredths of seconds of processor time (Linux). */
async function ticksOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [, , , , , , , , , , , user = 0, system = 0] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(user) + Number(system);
}
