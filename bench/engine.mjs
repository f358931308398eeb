/** Forward passes of DeBERTa-v3-base's shape, Heddle's against what else runs it (docs of the targets: performance). */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compileModel } from '@heddle/deberta';
import { startTeam } from './engine/team.mjs';
import { writeUsualExport } from './engine/usual-export.mjs';
import { generateCheckpoint, SHAPES } from './generate-checkpoint.mjs';
import { writeReport } from './report.mjs';

const WORK = fileURLToPath(new URL('./.work/', import.meta.url));
const PLANS = {
  quick: { shapes: ['1x16', '8x32'], rounds: 3, ms: 500, peers: false },
  full: { shapes: ['1x16', '1x64', '8x32', '8x128', '2x512'], rounds: 7, ms: 2000, peers: true },
};
/** Of Heddle's throughput to the one of the usual export on ONNX Runtime, float32. */
const TARGET = 1.15;
/** Largest difference of logits, relative to the largest logit: float32 sums in another order. */
const TOLERANCE = 1e-3;
const TRANSFORMERS_JS = '@huggingface/transformers@3.8.1';

export async function benchEngine({ quick }) {
  const plan = PLANS[quick ? 'quick' : 'full'];
  await mkdir(WORK, { recursive: true });
  const folder = await mkdtemp(join(WORK, 'engine-'));
  const teams = new Map();
  try {
    const contenders = await prepare(folder, plan.peers);
    for (const contender of contenders) {
      const layouts = await Promise.all(
        layoutsOf(availableParallelism()).map((it) => startTeam(contender, it)),
      );
      teams.set(contender.name, layouts);
    }
    const results = {};
    for (const shape of plan.shapes) {
      results[shape] = await compare(teams, inputOf(shape), plan);
      printShape(shape, results[shape]);
    }
    const targets = targetsOf(results);
    console.table(targets);
    await writeReport('engine', quick, { rounds: plan.rounds, ms: plan.ms, results, targets });
  } finally {
    for (const layouts of teams.values()) for (const team of layouts) team.stop();
    await rm(folder, { recursive: true });
  }
}

/** One process with a thread for every core, and one with a single thread for every core. */
function layoutsOf(cores) {
  const all = [
    { processes: 1, threads: cores },
    { processes: cores, threads: 1 },
  ];
  return cores === 1 ? all.slice(1) : all;
}

/** The same random weights for all. */
async function prepare(folder, peers) {
  console.log('preparing models …');
  const checkpointDir = join(folder, 'checkpoint');
  await generateCheckpoint(checkpointDir, SHAPES['v3-base']);
  const own = join(folder, 'heddle');
  const usual = join(folder, 'usual');
  await Promise.all([mkdir(own), mkdir(usual)]);
  await compileModel({ checkpointDir, outDir: own });
  await writeUsualExport(checkpointDir, usual);
  const contenders = [
    { name: 'heddle fp32', kind: 'heddle', folder: own },
    { name: 'usual export fp32', kind: 'onnxruntime', folder: usual },
  ];
  if (peers) contenders.push(await prepareTransformersJs(checkpointDir, usual));
  return contenders;
}

/** Its layout around the same export; installed below bench/.work once, because nothing else needs it. */
async function prepareTransformersJs(checkpointDir, usual) {
  const packages = join(WORK, 'transformers.js');
  await mkdir(packages, { recursive: true });
  await promisify(execFile)('npm', [
    'install',
    '--prefix',
    packages,
    '--no-save',
    '--ignore-scripts',
    TRANSFORMERS_JS,
  ]);
  const folder = join(usual, '..', 'transformers-js');
  await mkdir(join(folder, 'onnx'), { recursive: true });
  for (const name of ['config.json', 'tokenizer.json'])
    await rename(join(checkpointDir, name), join(folder, name));
  for (const name of ['model.onnx', 'model.onnx.data']) {
    await symlink(join(usual, name), join(folder, 'onnx', name));
  }
  await symlink(join(usual, 'model.onnx.data'), join(folder, 'onnx', 'model.onnx_data'));
  return { name: 'transformers.js fp32', kind: 'transformers.js', folder, packages };
}

/** Answers first, then interleaved rounds: every contender and layout in turn, the machine to itself. */
async function compare(teams, input, { rounds, ms }) {
  await checkAnswers(teams, input);
  const runs = new Map();
  const all = [...teams].flatMap(([name, layouts]) => layouts.map((team) => ({ name, team })));
  for (const { team } of all) await team.run(input, 0);
  for (let round = 0; round < rounds; round++) {
    for (const { name, team } of all) {
      const { times, tokensPerSecond } = await team.run(input, ms);
      const key = `${name} ${team.layout}`;
      const run = runs.get(key) ?? { name, layout: team.layout, rates: [], times: [] };
      run.rates.push(tokensPerSecond);
      run.times.push(median(times));
      runs.set(key, run);
    }
  }
  const measured = [...runs.values()].map(({ name, layout, rates, times }) => ({
    name,
    layout,
    tokens_per_second: Math.round(median(rates)),
    spread: [Math.round(Math.min(...rates)), Math.round(Math.max(...rates))],
    pass_ms: Math.round(median(times) * 10) / 10,
  }));
  return Object.fromEntries([...teams.keys()].map((name) => [name, bestOf(measured, name)]));
}

/** The layout with the highest throughput, and the shortest pass of any layout. */
function bestOf(measured, name) {
  const own = measured.filter((run) => run.name === name);
  const best = own.reduce((a, b) => (b.tokens_per_second > a.tokens_per_second ? b : a));
  return { ...best, latency_ms: Math.min(...own.map((run) => run.pass_ms)) };
}

/** A fast wrong answer is none. */
async function checkAnswers(teams, input) {
  let reference;
  for (const [name, [team]] of teams) {
    const logits = await team.answer(input);
    reference ??= logits;
    const largest = Math.max(...reference.map(Math.abs));
    const difference = Math.max(...logits.map((value, i) => Math.abs(value - reference[i])));
    if (!(difference <= TOLERANCE * largest)) throw new Error(`${name} answers otherwise, by ${difference}`);
  }
}

function inputOf(shape) {
  const [batch, length] = shape.split('x').map(Number);
  const ids = Array.from({ length: batch * length }, (_, i) => (i * 7919 + 13) % SHAPES['v3-base'].vocab);
  return { batch, length, ids };
}

function printShape(shape, results) {
  const own = results['heddle fp32'];
  console.log(shape);
  console.table(
    Object.fromEntries(
      Object.entries(results).map(([name, { layout, tokens_per_second, latency_ms }]) => [
        name,
        {
          'tokens/s': tokens_per_second,
          layout,
          'latency ms': latency_ms,
          'heddle ÷ it': round(own.tokens_per_second / tokens_per_second),
        },
      ]),
    ),
  );
}

/** What was to be reached, what was, and whether that is enough. */
function targetsOf(results) {
  return Object.entries(results).map(([shape, contenders]) => {
    const ratio =
      contenders['heddle fp32'].tokens_per_second / contenders['usual export fp32'].tokens_per_second;
    return {
      what: `fp32 ${shape}, against the usual export`,
      target: TARGET,
      ratio: round(ratio),
      met: ratio >= TARGET,
    };
  });
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

function round(value) {
  return Math.round(value * 100) / 100;
}
