/** Jobs of one text of a small model: waited ones alone, and as many as many clients get answered. */
import { TestClient } from '@heddle/testing';
import { assertSucceeded, inRounds, jobRunner, keepBusy, percentile, spreadOf } from './load.mjs';
import { startPlainWorkers } from './plain-queue.mjs';

const TEXT = 'The first half promises what the second half forgets.';
const BODY = { model: 'sentiment', inputs: [TEXT] };
/** Scores of the same graph: onnxruntime's releases sum in another order. */
const SAME_SCORE = 1e-4;

/** `systems` by the backend of their dispatch window; the plain workers use `redisUrl` too. */
export async function measureSingleTexts(systems, redisUrl, plan) {
  const clients = Object.entries(systems).map(([name, { url, key }]) => [name, new TestClient(url, key)]);
  const [[, first]] = clients;
  const runners = Object.fromEntries(
    Object.entries(systems).map(([name, heddle]) => [name, jobRunner(heddle)]),
  );
  const reference = await first.run(BODY);
  assertSucceeded(reference);
  const plain = await startPlainWorkers({ redisUrl, heddle: systems.redis, version: reference.version });
  try {
    assertSameAnswer(await plain.answer(TEXT), reference.results[0].output.labels[0]);
    const busy = (once) => keepBusy(plan.clients, plan.seconds, once);
    const rounds = await inRounds(plan.rounds, {
      ...Object.fromEntries(
        clients.map(([name, client]) => [
          name,
          async () => ({
            ...(await waitAlone(client, plan.waited)),
            jobs_per_s: await busy(async () => assertSucceeded(await runners[name].run(BODY))),
          }),
        ]),
      ),
      plain: async () => ({ jobs_per_s: await busy(() => plain.answer(TEXT)) }),
    });
    const rate = (list) => spreadOf(list.map(({ jobs_per_s }) => jobs_per_s));
    return {
      plain_bullmq_workers: { processes: plain.processes, jobs_per_s: rate(rounds.plain) },
      heddle: Object.fromEntries(
        clients.map(([name]) => [
          name,
          { jobs_per_s: rate(rounds[name]), waited: waitedOf(rounds[name].flatMap(({ waits }) => waits)) },
        ]),
      ),
      versions: plain.versions,
    };
  } finally {
    for (const runner of Object.values(runners)) runner.close();
    await plain.stop();
  }
}

/** One client that waits, nothing else to do: milliseconds of each round trip, and those outside the forward pass. */
async function waitAlone(client, count) {
  const waits = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    const job = await client.submit(BODY, { prefer: 'wait=30' });
    const trip = performance.now() - started;
    assertSucceeded(job);
    waits.push({ trip, over: trip - job.timing.inference_ms });
  }
  return { waits };
}

/** Of the waits of all rounds: percentiles need many. */
function waitedOf(waits) {
  const of = (key) => {
    const values = waits.map((wait) => wait[key]);
    const [p50, p99] = [0.5, 0.99].map((share) => Math.round(percentile(values, share) * 10) / 10);
    return { p50_ms: p50, p99_ms: p99 };
  };
  return { round_trip: of('trip'), over_inference: of('over') };
}

function assertSameAnswer([answer], expected) {
  if (answer.label === expected.label && Math.abs(answer.score - expected.score) < SAME_SCORE) return;
  throw new Error(
    `the plain worker answers otherwise: ${JSON.stringify(answer)}, not ${JSON.stringify(expected)}`,
  );
}
