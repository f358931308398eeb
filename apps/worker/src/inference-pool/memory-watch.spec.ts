import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileModel } from '@heddle/deberta';
import type { Logger } from '@heddle/telemetry';
import { waitFor } from '@heddle/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Loader } from './loader.js';
import { killLimit, MemoryWatch } from './memory-watch.js';
import { Slot } from './slot.js';

const MIB = 1024 ** 2;
/** Between what sessions of the shipped model take, and what they take after a large pass. */
const MEMORY_MIB = 150;

let folder: string;
let model: { path: string; bytes: number; maxTokens: number };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-watch-'));
  const checkpointDir = fileURLToPath(new URL('../../../../models/sentiment', import.meta.url));
  await compileModel({ checkpointDir, outDir: join(folder, 'model') });
  const path = join(folder, 'model', 'model.onnx');
  model = { path, bytes: (await stat(`${path}.data`)).size, maxTokens: 512 };
});
afterAll(() => rm(folder, { recursive: true }));

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A watched child with sessions of these versions that has run a large pass, and what is logged about it. */
async function setup(versions: string[], passBytes: number) {
  const log: { message: string; unloaded?: { session: string }[] }[] = [];
  const note = (fields: Record<string, unknown>, message: string) => void log.push({ ...fields, message });
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  let crashes = 0;
  const onCrash = () => {
    crashes++;
  };
  const slot = new Slot(
    { place: 0, provider: 'cpu', device: 0, threads: 1, runTimeoutMs: 60_000, logger },
    { onCrash, onFree: () => undefined },
  );
  closers.push(() => slot.close());
  const options = { memoryBytes: MEMORY_MIB * MIB, logger };
  const loader = new Loader(() => [slot], {
    ...options,
    unloadAfterMs: Number.POSITIVE_INFINITY,
    graphFile: async () => model,
    awaited: () => new Set(),
    isWarm: () => false,
  });
  await slot.take('loads', async () => {
    for (const version of versions) await loader.load(slot, { version, graph: 'main' });
  });
  await slot.measure();
  expect(slot.memory).toBeLessThan(options.memoryBytes);
  const [batch, length] = [16, 512];
  await slot.take('passes', () =>
    slot.run(
      { version: 'new', graph: 'main' },
      {
        inputIds: new Int32Array(batch * length).fill(7),
        attentionMask: new Uint8Array(batch * length).fill(1),
        batch,
        length,
      },
    ),
  );
  await slot.measure();
  expect(slot.memory).toBeGreaterThan(options.memoryBytes);
  const watch = new MemoryWatch(() => [slot], loader, options, {
    intervalMs: 50,
    passBytes: { least: passBytes, most: passBytes },
  });
  closers.unshift(() => watch.stop());
  watch.start();
  return { log, slot, crashes: () => crashes };
}

it('drops what was used least recently when passes have taken more than the memory', async () => {
  const { log, slot, crashes } = await setup(['old', 'new'], 1024 * MIB);
  const dropped = await waitFor(() => log.find(({ unloaded }) => unloaded));
  expect(dropped!.unloaded).toMatchObject([{ session: 'old/main' }]);
  await waitFor(() => slot.isIdle);
  expect(slot.lost).toMatchObject([{ version: 'new' }]);
  expect(crashes()).toBe(0);
});

it('ends a child that takes far too much', async () => {
  const { log, crashes } = await setup(['new'], 1);
  await waitFor(() => crashes() === 1);
  expect(log.map(({ message }) => message)).toContain(
    'inference process takes far too much memory; ending it',
  );
});

it('leaves memory to the rest of the machine where the budget is half of it', () => {
  const GIB = 1024 * MIB;
  for (const machine of [4 * GIB, 8 * GIB, 64 * GIB]) {
    expect(killLimit(machine / 2, 0)).toBeLessThanOrEqual(0.75 * machine);
  }
  // A version that needs more than the budget has room for its passes all the same.
  expect(killLimit(1, 10 * GIB)).toBe(11 * GIB);
});
