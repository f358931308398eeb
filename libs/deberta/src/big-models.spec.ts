import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readFile, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '@heddle/checkpoint';
import { openSession } from '@heddle/runtime';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compileModel } from './compile.js';

const GENERATOR = fileURLToPath(new URL('../../../bench/generate-checkpoint.mjs', import.meta.url));
/** Where protobuf files and 32-bit offsets end. */
const TWO_GIB = 2 ** 31;
/** It writes and reads some GB: seconds on a quiet machine, more on a busy disk. */
const BIG_TIMEOUT_MS = 300_000;
/** 1.2 GB of float16 weights, 2.4 GB of float32, and room to spare. */
const DISK_BYTES = 6e9;
const { bavail, bsize } = await statfs(tmpdir());
const hasRoom = bavail * bsize > DISK_BYTES;
if (!hasRoom) console.log('not run: a model above 2 GiB, there are less than 6 GB of free disk');

let dir: string;
let checkpointDir: string;
let outDir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-big-'));
  checkpointDir = join(dir, 'checkpoint');
  outDir = join(dir, 'out');
  await mkdir(checkpointDir);
});
afterEach(() => rm(dir, { recursive: true }));

const generate = (...options: string[]) =>
  execFileSync(process.execPath, [GENERATOR, checkpointDir, ...options]);

async function answer(): Promise<Float32Array> {
  const session = await openSession(join(outDir, 'model.onnx'), { threads: 1 });
  const length = 12;
  const { logits } = await session.run({
    inputIds: Int32Array.from({ length }, (_, i) => 5 + i),
    attentionMask: new Uint8Array(length).fill(1),
    batch: 1,
    length,
  });
  await session.close();
  return logits!.data;
}

it.each([
  [['--help'], 0],
  [['folder', '--colour', 'red'], 2],
  [['folder', '--dtype', 'BF16'], 2],
  [[], 2],
])('the generator explains itself: %j', (args, status) => {
  const called = spawnSync(process.execPath, [GENERATOR, ...args], { encoding: 'utf8' });
  expect(called.status).toBe(status);
  const [said, silent] = status === 0 ? [called.stdout, called.stderr] : [called.stderr, called.stdout];
  expect([said, silent]).toEqual([expect.stringMatching(/^Example: node bench\/generate/m), '']);
  expect(said).not.toMatch(/^ {4}at /m);
});

it.each(['v1-base', 'v2-xxlarge'])('48 layers of %s, narrow', async (shape) => {
  const narrow = ['--hidden', '16', '--heads', '2', '--intermediate', '32', '--vocab', '20000'];
  generate('--shape', shape, '--layers', '48', ...narrow);
  const { compiled } = await compileModel({ checkpointDir, outDir });
  expect(compiled.architecture.layers).toBe(48);
  expect([...(await answer())].every(Number.isFinite)).toBe(true);
  const attention = await openSession(join(outDir, 'attention.onnx'));
  await attention.close();
});

it.runIf(hasRoom)(
  'weights that end beyond 2 GiB',
  async () => {
    const wide = ['--hidden', '1024', '--heads', '16', '--intermediate', '65536', '--vocab', '300000'];
    generate('--shape', 'v3-base', '--dtype', 'F16', '--layers', '2', ...wide);
    const { report } = await compileModel({ checkpointDir, outDir });
    expect(report.files['model.onnx.data']).toBeGreaterThan(TWO_GIB);

    // The last tensor, byte for byte where the model file says it is.
    const model = await readFile(join(outDir, 'model.onnx'));
    const { offset, length } = externalRange(model, 'classifier.weight');
    expect(offset).toBeGreaterThan(TWO_GIB);
    const data = await open(join(outDir, 'model.onnx.data'));
    const stored = Buffer.alloc(length);
    await data.read(stored, 0, length, offset);
    await data.close();
    const checkpoint = await openCheckpoint(checkpointDir);
    const values = await checkpoint.read('classifier.weight');
    await checkpoint.close();
    expect(stored).toEqual(Buffer.from(values.buffer));

    const logits = await answer();
    expect([...logits].every(Number.isFinite)).toBe(true);
    expect(new Set(logits).size).toBe(logits.length);
  },
  BIG_TIMEOUT_MS,
);

/** The offset and length entries that follow a tensor's name in the file. */
function externalRange(model: Buffer, name: string): { offset: number; length: number } {
  const entry = model.subarray(model.lastIndexOf(name));
  const number = (key: string) => {
    const digits = /^..(\d+)/s.exec(entry.toString('latin1', entry.indexOf(key) + key.length));
    return Number(digits![1]);
  };
  return { offset: number('offset'), length: number('length') };
}
