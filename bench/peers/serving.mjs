/** Two ways to serve sequences of all lengths: Heddle's batcher with its inference children, and static batches. */
import { availableParallelism } from 'node:os';
import { readEnvironment } from '@heddle/config';
import { DEFAULT_BATCH_TOKENS } from '@heddle/contracts';
import { createLogger } from '@heddle/telemetry';
import { Batcher } from '../../apps/worker/dist/batcher/batcher.js';
import { endsAttempt } from '../../apps/worker/dist/batcher/errors.js';
import { InferencePool } from '../../apps/worker/dist/inference-pool/inference-pool.js';
import { startTeam } from '../engine/team.mjs';

const STATIC_BATCH = 8;
const VERSION = 'mixed';

/**
 * What a worker does below its queue, with its defaults and a child for every core unless told otherwise: as many
 * sequences as a worker holds jobs are under way at a time.
 */
export async function startBatcher({ model, children = availableParallelism() }) {
  const env = readEnvironment({});
  const batcher = new Batcher({
    budget: () => DEFAULT_BATCH_TOKENS,
    canStart: (version, graph) => pool.canStart(version, graph),
    run: (version, sequences) => pool.run(version, sequences),
    endsAttempt,
  });
  const pool = new InferencePool({
    children,
    provider: 'cpu',
    devices: [0],
    threads: 1,
    memoryBytes: env.HEDDLE_MODEL_MEMORY_MIB * 1024 ** 2,
    runTimeoutMs: env.HEDDLE_INFERENCE_TIMEOUT_MS,
    logger: createLogger({ process: 'bench', level: 'warn', pretty: true }),
    graphFile: async () => ({ path: model, bytes: 0, maxTokens: 512 }),
    awaited: () => batcher.waitingVersions(),
    onIdle: () => batcher.pump(),
    onQuarantine: () => undefined,
  });
  pool.start();
  await pool.preload(VERSION, true);
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
export async function startStaticBatches(contender, layout) {
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
