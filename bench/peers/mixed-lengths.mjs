/**
 * Texts of all lengths, as they arrive: the product's batcher and inference children against static batches. What
 * counts are real tokens; padding is computed for nothing. Tokenisation is not part of it, on either side.
 */
import { availableParallelism } from 'node:os';
import { readEnvironment } from '@heddle/config';
import { createLogger } from '@heddle/telemetry';
import { Batcher } from '../../apps/worker/dist/batcher/batcher.js';
import { endsAttempt } from '../../apps/worker/dist/batcher/errors.js';
import { InferencePool } from '../../apps/worker/dist/inference-pool/inference-pool.js';
import { assertAnswers, median, round } from '../engine/compare.mjs';
import { layoutsOf, startTeam } from '../engine/team.mjs';

const STATIC_BATCH = 8;
const MEDIAN_TOKENS = 40;
/** Of the logarithm: 5 % are above 250 tokens, and the 95th percentile of a normal distribution lies at 1.645. */
const SIGMA = Math.log(250 / MEDIAN_TOKENS) / 1.645;
/** [CLS], a token, [SEP] at least; the model's positions at most. */
const TOKENS = { min: 3, max: 512 };
const VERSION = 'mixed';

/** `count` sequences of token ids with log-normal lengths, the same every time. */
export function mixedSequences(count, vocabulary) {
  const random = seededRandom();
  return Array.from({ length: count }, (_, index) => {
    // Box and Muller's way to a normal distribution; 1 - x is never 0.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const length = Math.round(MEDIAN_TOKENS * Math.exp(SIGMA * normal));
    const tokens = Math.min(TOKENS.max, Math.max(TOKENS.min, length));
    return Array.from({ length: tokens }, (_, i) => ((index + 1) * 7919 + i * 104_729) % vocabulary);
  });
}

/**
 * `rounds` times every contender in fresh processes, in turn. `batched` ones go through Heddle's batcher, `padded` ones
 * take static batches in either layout. Throws when answers differ from those of the first. Results by name: real
 * tokens a second of the better layout, and the share of computed tokens that is padding.
 */
export async function measureMixed({ batched, padded }, sequences, rounds) {
  const layouts = layoutsOf(availableParallelism());
  const turns = [
    ...batched.map((contender) => ({ contender, layout: 'batcher', start: () => startBatcher(contender) })),
    ...padded.flatMap((contender) =>
      layouts.map((layout) => ({
        contender,
        layout: `${layout.processes} × ${layout.threads}`,
        start: () => startStaticBatches(contender, layout),
      })),
    ),
  ];
  const runs = [];
  let expected;
  for (let turn = 0; turn < rounds; turn++) {
    for (const { contender, layout, start } of turn % 2 ? turns.toReversed() : turns) {
      const running = await start();
      try {
        const { answers, computed, seconds } = await timed(running, sequences);
        expected ??= answers;
        assertAnswers(contender, answers, expected, 'mixed lengths');
        runs.push({ name: contender.name, layout, computed, seconds });
      } finally {
        await running.stop();
      }
    }
    console.log(`mixed lengths: round ${turn + 1} of ${rounds}`);
  }
  return Object.fromEntries(
    [...batched, ...padded].map(({ name }) => [name, bestOf(runs, name, tokensOf(sequences))]),
  );
}

async function timed(running, sequences) {
  await running.warmUp(sequences);
  const started = performance.now();
  const { answers, computed } = await running.answer(sequences);
  return { answers: answers.flat(), computed, seconds: (performance.now() - started) / 1000 };
}

function bestOf(runs, name, realTokens) {
  const own = runs.filter((run) => run.name === name);
  const layouts = [...new Set(own.map(({ layout }) => layout))].map((layout) => {
    const rates = own.filter((run) => run.layout === layout).map(({ seconds }) => realTokens / seconds);
    const computed = median(own.map((run) => run.computed));
    return {
      layout,
      real_tokens_per_second: Math.round(median(rates)),
      spread: [Math.round(Math.min(...rates)), Math.round(Math.max(...rates))],
      padded_share: round(1 - realTokens / computed, 3),
    };
  });
  return layouts.reduce((a, b) => (b.real_tokens_per_second > a.real_tokens_per_second ? b : a));
}

/**
 * What a worker does below its queue, with its defaults and a child for every core: as many sequences as a worker holds
 * jobs are under way at a time.
 */
async function startBatcher({ model }) {
  const env = readEnvironment({});
  const batcher = new Batcher({
    maxTokens: env.HEDDLE_BATCH_TOKENS,
    delayMs: env.HEDDLE_BATCH_DELAY_MS,
    engines: () => pool.available(),
    run: (version, sequences) => pool.run(version, sequences),
    endsAttempt,
  });
  const pool = new InferencePool({
    children: availableParallelism(),
    threads: 1,
    runTimeoutMs: env.HEDDLE_INFERENCE_TIMEOUT_MS,
    logger: createLogger({ process: 'bench', level: 'warn', pretty: true }),
    modelPath: async () => model,
    onIdle: () => batcher.pump(),
  });
  pool.start();
  await pool.preload(VERSION);
  const submit = (ids) =>
    batcher.submit(
      VERSION,
      {
        graph: 'main',
        outputs: ['logits'],
        encoding: { ids: Int32Array.from(ids), typeIds: new Uint8Array(ids.length), length: ids.length },
      },
      { flow: { priority: 1, tenantId: 'bench' }, alone: false, signal: new AbortController().signal },
    );
  const answer = async (sequences) => {
    const answers = [];
    let computed = 0;
    await inLanes(sequences, env.HEDDLE_WORKER_CONCURRENCY, async (ids, index) => {
      const { row, paddedLength } = await submit(ids);
      answers[index] = Array.from(row.outputs.logits.data);
      computed += paddedLength;
    });
    return { answers, computed };
  };
  return {
    answer,
    warmUp: (sequences) => answer(sequences.slice(0, STATIC_BATCH * availableParallelism())),
    stop: () => pool.close(),
  };
}

/** Batches in the order of arrival, padded to their longest, each to the process that is free first. */
async function startStaticBatches(contender, layout) {
  const team = await startTeam(contender, layout);
  return {
    answer: async (sequences) => {
      const batches = [];
      for (let at = 0; at < sequences.length; at += STATIC_BATCH)
        batches.push(paddedBatch(sequences.slice(at, at + STATIC_BATCH)));
      const answers = [];
      const idle = [...team.members];
      await inLanes(batches, team.members.length, async (batch, index) => {
        const member = idle.pop();
        answers[index] = await member.answer(batch);
        idle.push(member);
      });
      const computed = batches.reduce((total, { batch, length }) => total + batch * length, 0);
      return { answers, computed };
    },
    warmUp: (sequences) =>
      Promise.all(team.members.map((member) => member.answer(paddedBatch(sequences.slice(0, STATIC_BATCH))))),
    stop: team.stop,
  };
}

function paddedBatch(sequences) {
  const length = Math.max(...sequences.map((ids) => ids.length));
  const row = (values) => [...values, ...new Array(length - values.length).fill(0)];
  return {
    batch: sequences.length,
    length,
    ids: sequences.flatMap(row),
    mask: sequences.flatMap((ids) => row(ids.map(() => 1))),
  };
}

/** Calls `take` for every item, at most `lanes` at a time, in order. */
async function inLanes(items, lanes, take) {
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      await take(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

function tokensOf(sequences) {
  return sequences.reduce((total, ids) => total + ids.length, 0);
}

/** The generator of generate-checkpoint.mjs, in [0, 1). */
function seededRandom() {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
