/**
 * A bulk file through the whole platform, with the shipped topic model: against its own batcher and inference children
 * alone on the same texts, the memory of each process meanwhile, and once more with a worker and a dispatcher that are
 * killed on the way. Every line of every run is compared with what the engine answers.
 */

import { availableParallelism } from 'node:os';
import { startHeddle, TestClient } from '@heddle/testing';
import { BatchRun } from './bulk/batch-run.mjs';
import { watchMemory } from './bulk/memory.mjs';
import { bulkTexts, versionFiles } from './bulk/texts.mjs';
import { round } from './engine/compare.mjs';
import { startBatcher } from './peers/serving.mjs';
import { spreadOf } from './platform/load.mjs';
import { writeReport } from './report.mjs';
import { withServers } from './servers.mjs';

const MODEL = 'topic';
const PLANS = {
  quick: { lines: 3_000, rounds: 1 },
  // A round takes a dozen minutes: 50,000 lines, once by the engine and once by everything.
  full: { lines: 50_000, rounds: 1 },
};
/** When processes are killed, as shares of the lines that are done. */
const KILLS = [
  { at: 0.3, name: 'worker' },
  { at: 0.6, name: 'dispatcher' },
];
/** Texts that warm up the engine. */
const WARM_UP = 512;
const MIB = 1024 ** 2;

export async function benchBulk({ quick }) {
  const plan = PLANS[quick ? 'quick' : 'full'];
  const measured = await withServers((redisUrl) => measure(redisUrl, plan));
  console.dir(measured, { depth: null });
  await writeReport('bulk', quick, { plan, ...measured });
}

async function measure(redisUrl, { lines, rounds }) {
  const stops = [];
  try {
    const heddle = await startHeddle({ redisUrl });
    stops.push(() => heddle.stop());
    const client = new TestClient(heddle.url, heddle.key);
    const { version } = await client.run({ model: MODEL, inputs: ['warm'] });
    const files = versionFiles(heddle, version);
    const texts = await bulkTexts(files.tokenizer, lines);
    const engine = await startBatcher({ model: files.graph });
    stops.push(() => engine.stop());
    const run = new BatchRun(heddle, client, MODEL, texts);
    const tokens = texts.reduce((sum, { ids }) => sum + ids.length, 0);

    await engine.answer(texts.slice(0, WARM_UP).map(({ ids }) => ids));
    const rates = { platform: [], engine: [] };
    let memory;
    let expected;
    for (let turn = 0; turn < rounds; turn++) {
      const started = performance.now();
      const { answers } = await engine.answer(texts.map(({ ids }) => ids));
      rates.engine.push((tokens * 1000) / (performance.now() - started));
      expected ??= answers;
      const watch = watchMemory(heddle);
      const { seconds, batch } = await run.timed();
      const seen = await watch.stop();
      memory = memory ? widest(memory, seen) : seen;
      await run.assertComplete(batch, expected);
      rates.platform.push(tokens / seconds);
      console.log(`round ${turn + 1} of ${rounds}`);
    }
    const killed = await run.timed(KILLS);
    await run.assertComplete(killed.batch, expected);
    return {
      model: MODEL,
      tokens,
      children: availableParallelism(),
      tokens_per_second: {
        platform: spreadOf(rates.platform, 0),
        engine: spreadOf(rates.engine, 0),
      },
      ratio: round(spreadOf(rates.platform, 6).median / spreadOf(rates.engine, 6).median, 3),
      memory_mib: Object.fromEntries(
        Object.entries(memory).map(([name, { least, most }]) => [
          name,
          { least: round(least / MIB, 0), most: round(most / MIB, 0) },
        ]),
      ),
      killed: {
        processes: KILLS.map(({ name }) => name),
        tokens_per_second: round(tokens / killed.seconds, 0),
        lines: killed.batch.counts.total,
      },
    };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** Of two rounds, the one in which a process's memory differed most, process by process. */
function widest(one, other) {
  const range = ({ least, most }) => most - least;
  return Object.fromEntries(
    Object.keys(one).map((name) => [name, range(other[name]) > range(one[name]) ? other[name] : one[name]]),
  );
}
