/** Compiling checkpoints of published sizes (random weights) to ONNX, each in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileModel } from '@heddle/deberta';
import { generateCheckpoint, SHAPES } from './generate-checkpoint.mjs';

const SELF = fileURLToPath(import.meta.url);
/** Shapes and the type their weights are stored in. */
const PLANS = {
  quick: [
    ['v3-xsmall', 'F32'],
    ['v3-base', 'F32'],
  ],
  full: [
    ['v3-xsmall', 'F32'],
    ['v3-base', 'F32'],
    ['v3-base', 'F16'],
    ['v3-large', 'F32'],
    ['v1-base', 'F32'],
    ['v1-xlarge', 'F16'],
    ['v2-xlarge', 'F16'],
  ],
};
const MIB = 1024 * 1024;

export async function benchImport({ quick }) {
  const results = {};
  for (const [shape, dtype] of PLANS[quick ? 'quick' : 'full']) {
    results[`${shape} ${dtype}`] = await measure(shape, dtype);
    console.log(shape, dtype, results[`${shape} ${dtype}`].seconds);
  }
  console.table(results);
  await mkdir(new URL('./results/', import.meta.url), { recursive: true });
  const report = {
    bench: 'import',
    quick,
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu: cpus()[0].model, cores: availableParallelism(), node: process.version },
    results,
  };
  await writeFile(new URL('./results/import.json', import.meta.url), `${JSON.stringify(report, null, 2)}\n`);
}

async function measure(shape, dtype) {
  const folder = await mkdtemp(join(tmpdir(), 'heddle-import-'));
  try {
    const checkpointDir = join(folder, 'checkpoint');
    await generateCheckpoint(checkpointDir, SHAPES[shape], dtype);
    const child = fork(SELF, [checkpointDir, join(folder, 'out')]);
    const [measured] = await once(child, 'message');
    const { size } = await stat(join(checkpointDir, 'model.safetensors'));
    return { checkpoint_mib: Math.round(size / MIB), ...measured };
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (process.argv[1] === SELF) {
  const [checkpointDir, outDir] = process.argv.slice(2);
  const started = performance.now();
  const { report } = await compileModel({ checkpointDir, outDir });
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage();
  const one = (value) => Math.round(value * 10) / 10;
  process.send({
    seconds: one(seconds),
    cpu_seconds: one((user + system) / 1e6),
    peak_rss_mib: Math.round(process.resourceUsage().maxRSS / 1024),
    written_mib: Math.round(report.files['model.onnx.data'] / MIB),
    parameters: report.weights.values,
  });
  process.disconnect();
}
