/** Forward passes of DeBERTa-v3-base's shape on a GPU, by every provider that runs here (docs/gpu.md). */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compileFp16, compileModel } from '@heddle/deberta';
import { probeProvider } from '@heddle/runtime';
import { answerAll, answersOf, bestOf, inputOf, largestDifference, runAll } from './engine/compare.mjs';
import { nodeVersions, WORK } from './engine/models.mjs';
import { startTeam } from './engine/team.mjs';
import { writeUsualExport } from './engine/usual-export.mjs';
import { generateCheckpoint, SHAPES } from './generate-checkpoint.mjs';
import { inFolder } from './in-folder.mjs';
import { writeReport } from './report.mjs';

const BATCHES = ['1x16', '1x64', '8x32', '8x128', '2x512', '32x128'];
const PLANS = { quick: { rounds: 1, ms: 300 }, full: { rounds: 3, ms: 500 } };
const PROVIDERS = ['webgpu', 'cuda'];
/** One process feeds the GPU, as in a worker. */
const LAYOUT = { processes: 1, threads: 1 };
const PYTHON_CONTENDER = fileURLToPath(new URL('./peers/contender.py', import.meta.url));

export async function benchGpu({ quick, python }) {
  const plan = PLANS[quick ? 'quick' : 'full'];
  const { here, missing } = await providersHere();
  console.log(`on ${here.join(', ')}`);
  await inFolder(WORK, 'gpu-', async (folder) => {
    const what = { shape: SHAPES['v3-base'], batches: BATCHES, providers: here, python, ...plan };
    // Before anything is measured, for it may fail.
    const versions = { ...(await nodeVersions(false)), ...(python && (await pythonVersions())) };
    const measured = await measureGpu(folder, what);
    for (const [name, result] of Object.entries(measured.results))
      printShape(name, result, measured.differences);
    await writeReport('gpu', quick, { gpu: await nameOfGpu(), versions, ...plan, missing, ...measured });
  });
}

/** Models of `shape` in `folder`, their answers on `providers` against the CPU's, and passes of `batches`. */
export async function measureGpu(folder, { shape, batches, providers, python, rounds, ms }) {
  const models = await prepare(folder, shape);
  const contenders = [
    ...providers.flatMap((provider) => contendersOn(provider, models)),
    ...(python ? torchContenders(models.checkpointDir) : []),
  ];
  const inputs = Object.fromEntries(batches.map((name) => [name, inputOf(name, shape.vocab)]));
  const reference = { name: 'heddle cpu fp32', kind: 'heddle', model: models.main };
  return measureAll(contenders, inputs, await answersOf(reference, inputs), { rounds, ms });
}

/** Providers that the probe of the worker accepts, and what it says of the others. Throws where there is none. */
async function providersHere() {
  const here = [];
  const missing = {};
  for (const provider of PROVIDERS) {
    try {
      await probeProvider(provider);
      here.push(provider);
    } catch (error) {
      missing[provider] = error.message;
    }
  }
  if (here.length === 0) throw new Error(Object.values(missing).join('\n'));
  return { here, missing };
}

/** A checkpoint, what an import in half precision compiles of it, and the usual export. */
async function prepare(folder, shape) {
  console.log('preparing models …');
  const [checkpointDir, dir, usual] = ['checkpoint', 'heddle', 'usual'].map((name) => join(folder, name));
  await generateCheckpoint(checkpointDir, shape);
  await Promise.all([mkdir(dir), mkdir(usual)]);
  await compileModel({ checkpointDir, outDir: dir });
  await compileFp16({ checkpointDir, dir, file: 'fp16.onnx', roundedFile: 'rounded.onnx' });
  await writeUsualExport(checkpointDir, usual);
  return {
    checkpointDir,
    main: join(dir, 'model.onnx'),
    fp32: join(dir, 'gpu.onnx'),
    fp16: join(dir, 'fp16.onnx'),
    usual: join(usual, 'model.onnx'),
  };
}

/** CUDA multiplies float32 in TF32, which is not exact. */
function contendersOn(provider, { fp32, fp16, usual }) {
  const exact = provider !== 'cuda';
  return [
    { name: `heddle ${provider} fp32`, kind: 'heddle', model: fp32, exact, provider },
    { name: `heddle ${provider} fp16`, kind: 'heddle', model: fp16, exact: false, provider },
    { name: `usual export ${provider} fp32`, kind: 'onnxruntime', model: usual, exact, provider },
  ];
}

function torchContenders(model) {
  const torch = { kind: 'torch', model, device: 'cuda', program: ['python3', PYTHON_CONTENDER] };
  return [
    { ...torch, name: 'torch fp32', dtype: 'float32', exact: true },
    { ...torch, name: 'torch fp32 in TF32', dtype: 'float32', tf32: true, exact: false },
    { ...torch, name: 'torch fp16', dtype: 'float16', exact: false },
    { ...torch, name: 'torch bf16', dtype: 'bfloat16', exact: false },
  ];
}

/**
 * `rounds` times every contender in a fresh process, the GPU to itself, in turns there and back again. The first time its
 * answers are compared with `reference`: `differences` has the largest by name. One that does not run here, or answers
 * otherwise, is in `failures` with the reason and has no results.
 */
async function measureAll(contenders, inputs, reference, { rounds, ms }) {
  const [runs, differences, failures] = [[], {}, {}];
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 ? contenders.toReversed() : contenders) {
      const { name } = contender;
      if (name in failures) continue;
      try {
        const team = await startTeam(contender, LAYOUT);
        try {
          differences[name] ??= largestDifference(contender, await answerAll(team, inputs), reference);
          runs.push(...(await runAll(team, name, inputs, ms)));
        } finally {
          await team.stop();
        }
      } catch (error) {
        failures[name] = error.message;
        console.error(`${name} is not measured: ${error.message}`);
      }
    }
    console.log(`round ${round + 1} of ${rounds}`);
  }
  const able = contenders.map(({ name }) => name).filter((name) => !(name in failures));
  if (able.length === 0) throw new Error('Nothing ran on the GPU.');
  const ofShape = (shape) => Object.fromEntries(able.map((name) => [name, bestOf(runs, shape, name)]));
  const results = Object.fromEntries(Object.keys(inputs).map((shape) => [shape, ofShape(shape)]));
  return { failures, differences, results };
}

function printShape(shape, results, differences) {
  console.log(shape);
  const rows = Object.entries(results).map(([name, { tokens_per_second, spread, latency_ms }]) => [
    name,
    {
      'tokens/s': tokens_per_second,
      from: spread[0],
      to: spread[1],
      'latency ms': latency_ms,
      'difference of logits': differences[name].toExponential(1),
    },
  ]);
  console.table(Object.fromEntries(rows));
}

/** What NVIDIA's driver says; null for other GPUs. */
async function nameOfGpu() {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
  return promisify(execFile)('nvidia-smi', query).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}

async function pythonVersions() {
  const script = `import json, importlib.metadata as m
print(json.dumps({n: m.version(n) for n in ("torch", "transformers")}))`;
  return JSON.parse((await promisify(execFile)('python3', ['-c', script])).stdout);
}
