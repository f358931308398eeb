import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@heddle/checkpoint';
import { createModel } from '@heddle/onnx';
import { type ForwardInput, openSession, type Session } from '@heddle/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareCompilation } from '../compilation.js';
import { readTensorFile } from './__parity__/tensor-file.js';
import { WAYS, type Way } from './__parity__/ways.js';
import { GRAPH_FILES, type GraphName, writeGraph } from './write-graphs.js';

const FIXTURES = join(import.meta.dirname, '__fixtures__');
/** v1 and v3, v2 with its convolution; all three heads. Reference: scripts/reference/make_causal_reference.py */
const NAMES = ['v1-mlm-hf-legacy', 'v2-mlm-hf-new', 'ms-v2-mlm-emd-conv-2layers', 'ms-v3-generator-mlm-emd'];
/** As for the same models without the causal mask. */
const TOLERANCE = { atol: 9e-5, rtol: 1e-4 };

let dir: string;
const sessions: Session[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-causal-'));
});
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  await rm(dir, { recursive: true });
});

async function compile(name: string, way: Way): Promise<(graph: GraphName) => Promise<Session>> {
  const folder = join(FIXTURES, name);
  const config: unknown = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
  const checkpoint = await openCheckpoint(folder);
  const compilation = prepareCompilation(config, checkpoint, { head: 'masked-lm', ...way });
  const model = await createModel(dir, name);
  for (const graph of ['main', 'causal'] as const) await writeGraph(compilation, model, graph);
  await model.close();
  await checkpoint.close();
  return async (graph) => {
    const session = await openSession(join(dir, GRAPH_FILES[graph]));
    sessions.push(session);
    return session;
  };
}

async function reference(name: string): Promise<{ input: ForwardInput; logits: Float64Array }> {
  const tensors = await readTensorFile(join(FIXTURES, name, 'causal.safetensors'));
  const ids = tensors.get('input_ids')!;
  return {
    input: {
      inputIds: Int32Array.from(ids.data),
      attentionMask: Uint8Array.from(tensors.get('attention_mask')!.data),
      positions: Int32Array.from(tensors.get('masked_positions')!.data),
      batch: ids.shape[0]!,
      length: ids.shape[1]!,
    },
    logits: tensors.get('logits')!.data,
  };
}

describe.each(NAMES)('%s', (name) => {
  it.each(Object.entries(WAYS))('computes what the reference does (%s)', async (_, way) => {
    const open = await compile(name, way);
    const { input, logits } = await reference(name);
    const ratioOf = async (graph: GraphName) => {
      const got = (await (await open(graph)).run(input)).logits!.data;
      expect(got).toHaveLength(logits.length);
      const ratios = got.map((value, i) => {
        const want = logits[i]!;
        return Math.abs(value - want) / (TOLERANCE.atol + TOLERANCE.rtol * Math.abs(want));
      });
      return Math.max(...ratios);
    };
    expect(await ratioOf('causal')).toBeLessThan(1);
    expect(await ratioOf('main')).toBeGreaterThan(1000);
  });

  it('answers a token from itself and those before it alone', async () => {
    const session = await (await compile(name, WAYS.skew!))('causal');
    const [length, token] = [10, 4];
    const answer = async (change: (ids: Int32Array, mask: Uint8Array) => void) => {
      const inputIds = Int32Array.from({ length }, (_, i) => 20 + 7 * i);
      const attentionMask = new Uint8Array(length).fill(1);
      change(inputIds, attentionMask);
      const positions = Int32Array.of(0, token);
      const { logits } = await session.run({ inputIds, attentionMask, positions, batch: 1, length });
      return [...logits!.data];
    };
    const original = await answer(() => undefined);
    // The first change is of the next token, which a convolution would see.
    for (let later = token + 1; later < length; later++) {
      expect(await answer((ids) => ids.fill(99, later))).toEqual(original);
      expect(await answer((_, mask) => mask.fill(0, later))).toEqual(original);
    }
    for (let earlier = 0; earlier <= token; earlier++) {
      expect(await answer((ids) => ids.fill(99, earlier, earlier + 1))).not.toEqual(original);
    }
  });

  it('answers positions in any order, one by one or together, and none at all', async () => {
    const session = await (await compile(name, WAYS.skew!))('main');
    const { input } = await reference(name);
    const { logits } = await session.run(input);
    const vocabulary = logits!.dims[1]!;
    const reversed = Array.from({ length: input.positions!.length / 2 }, (_, i) => [
      ...input.positions!.subarray(2 * i, 2 * i + 2),
    ]).reverse();
    for (const [index, position] of reversed.entries()) {
      const alone = await session.run({ ...input, positions: Int32Array.from(position) });
      const start = (reversed.length - 1 - index) * vocabulary;
      const difference = alone.logits!.data.map((value, i) => Math.abs(value - logits!.data[start + i]!));
      expect(Math.max(...difference)).toBeLessThan(1e-4);
    }
    const none = await session.run({ ...input, positions: new Int32Array(0) });
    expect(none.logits!.dims).toEqual([0, vocabulary]);
  });
});
