import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '@heddle/checkpoint';
import { describe, expect, it } from 'vitest';
import { prepareCompilation } from '../compilation.js';
import { deviation } from '../graph/__parity__/compare.js';
import { type ForwardCase, readManifest } from '../graph/__parity__/manifest.js';
import { type NumberTensor, readTensorFile } from '../graph/__parity__/tensor-file.js';
import { readJson } from '../read-json.js';
import { headOutputs } from './heads.js';
import { activate } from './matrix.js';
import type { ReferenceModel, ReferenceSequence } from './model.js';
import { probesOf } from './probes.js';
import { Tensors } from './tensors.js';

/** What transformers 4.57.6 and Microsoft's code compute from tiny checkpoints: some of them, and all. */
const OWN = join(import.meta.dirname, '../graph/__fixtures__');
const SHARED = fileURLToPath(new URL('../../../../../shared/fixtures/models', import.meta.url));
/** The formulas go pair by pair: longer sequences take minutes. */
const MAX_TOKENS = 140;
const OUTPUTS: Record<string, string> = {
  last_hidden_state: 'tokens',
  mean_pooled: 'mean',
  cls_pooled: 'cls',
};

describe.each(readdirSync(OWN))('%s', (name) => {
  it('computes what the reference computes', () => computesTheSame(join(OWN, name)));
});

if (!existsSync(SHARED)) console.log('not run: ../shared/fixtures is missing');
describe.runIf(existsSync(SHARED))('all models', () => {
  const names = existsSync(SHARED) ? readdirSync(SHARED) : [];
  it.each(names)('%s', (name) => computesTheSame(join(SHARED, name)));
});

async function computesTheSame(folder: string): Promise<void> {
  const { cases } = await readManifest(folder);
  const checkpoint = await openCheckpoint(folder);
  try {
    let compared = 0;
    for (const one of cases) {
      if (one.inputs.tensors.input_ids!.shape.at(-1)! > MAX_TOKENS) continue;
      const head = one.task === 'fill-mask' ? ('masked-lm' as const) : one.task;
      const wishes = { head, mlmHead: one.mlm_head };
      const { config, plan } = prepareCompilation(await readJson(folder, 'config.json'), checkpoint, wishes);
      const model = { ...config, ...plan };
      compared += await compareCase(folder, one, model, new Tensors(checkpoint, model.layerNormEps));
    }
    expect(compared).toBeGreaterThan(0);
  } finally {
    await checkpoint.close();
  }
}

/** Number of tensors that were compared. */
async function compareCase(
  folder: string,
  one: ForwardCase,
  model: ReferenceModel,
  tensors: Tensors,
): Promise<number> {
  const inputs = await readTensorFile(join(folder, one.inputs.file));
  const expected = await readTensorFile(join(folder, one.outputs.file));
  const sequences = sequencesOf(inputs);
  const real = sequences.filter(({ ids }) => ids.length > 0);
  const outputs = await headOutputs(model, tensors, real);
  const answers = sequences.map((sequence) => outputs[real.indexOf(sequence)] ?? null);
  let compared = 0;
  for (const [name, rules] of Object.entries(one.outputs.tensors)) {
    const output = OUTPUTS[name] ?? name;
    if (rules.role !== 'result' || !answers.find((found) => found)?.[output]) continue;
    const want = expected.get(name)!;
    const got = { shape: want.shape, data: new Float64Array(want.data.length).fill(Number.NaN) };
    for (const [sample, answer] of answers.entries()) {
      if (answer) place(got.data, want, answer[output]!.data, sequences[sample]!, sample, inputs);
    }
    const found = deviation(got, want, rules, {
      mask: flatten(inputs.get('attention_mask')!),
      optionalRows: one.optional_rows ?? [],
    });
    expect(found.ratio, `${one.id} ${name}`).toBeLessThanOrEqual(1);
    compared++;
  }
  return compared;
}

/** Writes the answer to a sample where the fixture has it. */
function place(
  target: Float64Array,
  { shape }: NumberTensor,
  answer: Float64Array,
  { positions, asked }: ReferenceSequence,
  sample: number,
  inputs: Map<string, NumberTensor>,
): void {
  const { length, masked } = layout(inputs);
  const width = shape.at(-1)!;
  if (masked) {
    // One row an entry of masked_positions, in its order.
    const rows = masked.flatMap((entry, at) => (entry[0] === sample ? [at] : []));
    for (const [i, at] of rows.entries()) target.set(answer.subarray(i * width, (i + 1) * width), at * width);
    return;
  }
  const perToken = asked.length > 0 || answer.length % positions.length === 0;
  const flat = target.length / flatten(inputs.get('input_ids')!).shape[0]!;
  if (!perToken || flat === answer.length || flat % length !== 0) {
    target.set(answer, sample * flat);
    return;
  }
  const size = flat / length;
  for (const [i, position] of positions.entries()) {
    target.set(answer.subarray(i * size, (i + 1) * size), sample * flat + position * size);
  }
}

function layout(inputs: Map<string, NumberTensor>) {
  const masked = inputs.get('masked_positions');
  const entries =
    masked && Array.from({ length: masked.shape[0]! }, (_, i) => [...masked.data.subarray(2 * i, 2 * i + 2)]);
  return { length: inputs.get('input_ids')!.shape.at(-1)!, masked: entries };
}

function sequencesOf(inputs: Map<string, NumberTensor>): ReferenceSequence[] {
  const ids = flatten(inputs.get('input_ids')!);
  const mask = flatten(inputs.get('attention_mask')!);
  const types = inputs.get('token_type_ids');
  const [batch, length] = ids.shape as [number, number];
  const { masked } = layout(inputs);
  return Array.from({ length: batch }, (_, sample) => {
    const places = Array.from({ length }, (_, at) => at);
    const positions = places.filter((at) => mask.data[sample * length + at] === 1);
    const at = (tensor: NumberTensor) =>
      positions.map((position) => tensor.data[sample * length + position]!);
    return {
      positions,
      ids: at(ids),
      typeIds: types ? at(flatten(types)) : positions.map(() => 0),
      asked: masked
        ? masked.filter(([row]) => row === sample).map(([, position]) => positions.indexOf(position!))
        : positions.map((_, index) => index),
    };
  });
}

/** [B, C, L] → [B·C, L] */
function flatten({ shape, data }: NumberTensor): NumberTensor {
  const length = shape.at(-1)!;
  return { shape: [data.length / length, length], data };
}

it('probes near and far distances, within the vocabulary, the same ones always', () => {
  const model = { vocabSize: 1_000, typeVocabSize: 2 } as ReferenceModel;
  const [near, far] = probesOf(model, 512);
  expect(near!.positions).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect([far!.positions[0], far!.positions.at(-1)]).toEqual([0, 506]);
  for (const { ids, typeIds } of [near!, far!]) {
    expect(ids.every((id) => id >= 0 && id < 1_000)).toBe(true);
    expect(new Set(ids).size).toBeGreaterThan(8);
    expect(new Set(typeIds)).toEqual(new Set([0, 1]));
  }
  expect(probesOf(model, 512)).toEqual([near, far]);
  expect(probesOf(model, 8)[1]!.positions).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it('computes gelu to the last digits', () => {
  const x = { rows: 1, columns: 6, data: Float64Array.of(-9, -2.5, -1e-3, 0.5, 3, 7) };
  // x·Φ(x) by mpmath 1.3 at 30 digits.
  const want = [
    -1.0157295653845658e-18, -0.015524163314440337, -0.000499601057786089, 0.34573123063700656,
    2.99595030590511, 6.999999999991041,
  ];
  for (const [i, value] of activate('gelu', x).data.entries()) {
    expect(Math.abs(value - want[i]!)).toBeLessThan(1e-15 * Math.max(1, Math.abs(want[i]!)));
  }
});
