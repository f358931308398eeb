/**
 * Jobs of many texts of all lengths, a model of base size: the whole platform against its own batcher and inference
 * children without queue and database, with an inference child for every core and with a single one.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fromPublicId } from '@heddle/contracts';
import { openTokenizer } from '@heddle/deberta';
import { startHeddle, TestClient } from '@heddle/testing';
import { WORK } from '../engine/models.mjs';
import { generateCheckpoint, SHAPES } from '../generate-checkpoint.mjs';
import { mixedSequences } from '../peers/mixed-lengths.mjs';
import { startBatcher } from '../peers/serving.mjs';
import { assertSucceeded, inRounds, spreadOf } from './load.mjs';

const MODEL = 'base';
const SHAPE = SHAPES['v3-base'];
/** The variant that both sides run. */
const PRECISION = 'fp32';
const CLI = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
/** As many texts under way as a worker holds single-text jobs. */
const TEXTS_OF_A_JOB = 16;
const JOBS_IN_FLIGHT = 16;
const SPECIAL_TOKENS = 2;
/** Probabilities of the same graph; how sequences are put together changes the last digits. */
const SAME_SCORE = 1e-3;

/** Real tokens a second by number of inference children: `platform`, `engine`. */
export async function measureSaturated(redisUrl, { rounds, textsPerChild }) {
  await mkdir(WORK, { recursive: true });
  const folder = await mkdtemp(join(WORK, 'platform-'));
  const stops = [() => rm(folder, { recursive: true })];
  try {
    await generateCheckpoint(folder, SHAPE);
    const all = await textsOf(folder, textsPerChild * availableParallelism());
    const contenders = {};
    for (const children of new Set([availableParallelism(), 1])) {
      const texts = all.slice(0, textsPerChild * children);
      const heddle = await startHeddle({ redisUrl, env: { HEDDLE_INFERENCE_CHILDREN: String(children) } });
      stops.push(() => heddle.stop());
      const version = await importModel(heddle, folder);
      const engine = await startBatcher({ model: await graphOf(heddle, version), children });
      stops.push(() => engine.stop());
      const sides = sidesOf(new TestClient(heddle.url, heddle.key), engine, texts);
      await assertSameAnswers(sides);
      contenders[`platform ${children}`] = () => timed(sides.platform, texts);
      contenders[`engine ${children}`] = () => timed(sides.engine, texts);
    }
    const lists = await inRounds(rounds, contenders);
    return {
      precision: PRECISION,
      tokens_per_second: Object.fromEntries(
        Object.entries(lists).map(([name, list]) => [name, spreadOf(list, 0)]),
      ),
    };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** Texts with log-normal lengths, and the ids that the tokenizer makes of each. */
async function textsOf(checkpointDir, count) {
  const path = join(checkpointDir, 'tokenizer.json');
  const { vocab } = JSON.parse(await readFile(path, 'utf8')).model;
  const words = vocab.flatMap(([piece]) => /^▁([a-z]{3,})$/.exec(piece)?.[1] ?? []);
  const tokenizer = await openTokenizer(path);
  const encode = (text) =>
    tokenizer.encode({ text }, { maxTokens: 512, truncate: true, truncationSide: 'right' });
  return Promise.all(
    mixedSequences(count, words.length).map(async (sequence) => {
      const text = sequence
        .slice(0, -SPECIAL_TOKENS)
        .map((word) => words[word])
        .join(' ');
      return { text, ids: Array.from((await encode(text)).ids) };
    }),
  );
}

/** As an operator does it; returns the version's public id when a worker serves it. */
async function importModel(heddle, checkpointDir) {
  const env = {
    PATH: process.env.PATH ?? '',
    HEDDLE_DATABASE_URL: heddle.database.url,
    HEDDLE_DATA_DIR: heddle.dataDir,
  };
  const precision = PRECISION === 'fp32' ? [] : ['--precision', PRECISION];
  await promisify(execFile)(
    process.execPath,
    [CLI, 'import', checkpointDir, '--name', MODEL, '--promote', ...precision],
    { env },
  );
  const job = await new TestClient(heddle.url, heddle.key).run({ model: MODEL, inputs: ['warm'] });
  assertSucceeded(job);
  return job.version;
}

/** The graph that the worker has laid out. */
async function graphOf(heddle, version) {
  return join(heddle.dataDir, 'cache', fromPublicId('version', version), 'model.onnx');
}

/** Both answer with what stands for the answer of each text, in order, and the real tokens they read. */
function sidesOf(client, engine, texts) {
  const bodies = [];
  for (let at = 0; at < texts.length; at += TEXTS_OF_A_JOB)
    bodies.push(texts.slice(at, at + TEXTS_OF_A_JOB).map(({ text }) => text));
  return {
    platform: async () => {
      const jobs = [];
      let next = 0;
      const lane = async () => {
        while (next < bodies.length) {
          const index = next++;
          jobs[index] = await client.run({
            model: MODEL,
            task: 'text-classification',
            inputs: bodies[index],
          });
          assertSucceeded(jobs[index]);
        }
      };
      await Promise.all(Array.from({ length: JOBS_IN_FLIGHT }, lane));
      return {
        scores: jobs.flatMap(({ results }) => results.map(({ output }) => output.labels[0].score)),
        tokens: jobs.reduce((sum, { usage }) => sum + usage.tokens, 0),
      };
    },
    engine: async () => {
      const { answers } = await engine.answer(texts.map(({ ids }) => ids));
      return {
        scores: answers.map(highestProbability),
        tokens: texts.reduce((sum, { ids }) => sum + ids.length, 0),
      };
    },
  };
}

async function assertSameAnswers(sides) {
  const [platform, engine] = [await sides.platform(), await sides.engine()];
  const differences = platform.scores.map((score, i) => Math.abs(score - engine.scores[i]));
  if (platform.tokens !== engine.tokens || !(Math.max(...differences) < SAME_SCORE))
    throw new Error(
      `platform and engine answer otherwise: ${platform.tokens} and ${engine.tokens} tokens, scores by ${Math.max(...differences)}`,
    );
}

async function timed(side) {
  const started = performance.now();
  const { tokens } = await side();
  return (tokens * 1000) / (performance.now() - started);
}

function highestProbability(logits) {
  const highest = Math.max(...logits);
  return 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
}
