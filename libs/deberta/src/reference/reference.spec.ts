import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '@heddle/checkpoint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModelConfig } from '../config/read-config.js';
import { relativeRow } from '../graph/relative-rows.js';
import { rowOfDistance } from './attention.js';
import { encode } from './encoder.js';
import { headOutputs } from './heads.js';
import type { Matrix } from './matrix.js';
import { activate } from './matrix.js';
import { type ReferenceModel, referenceModel } from './model.js';
import { Tensors } from './tensors.js';

/** What transformers 4.57.6 computes in float32 (graph/parity.spec.ts tells the format). */
const FIXTURES = join(import.meta.dirname, '../graph/__fixtures__');
const NAMES = [
  'v3-base-seqcls',
  'v3-activations',
  'v3-tiny-variance',
  'v3-small-noprefix',
  'v3-buckets8',
  'v3-short-positions',
  'v3-explicit-max-relative',
  'v2-embedding-size-relu',
  'v2-c2p-only',
  'v2-p2c-only',
  'v2-no-share-att-key',
  'v2-no-buckets-max-relative',
  'v2-no-position-terms',
  'v2-no-relative-attention',
  'mdeberta-tokcls',
];

interface Case {
  id: string;
  task: string;
  atol: number;
  rtol: number;
  optionalRows: number[];
}

describe.each(NAMES)('%s', (name) => {
  let cases: Case[];
  let checkpoint: Checkpoint;
  let expected: Checkpoint;
  let model: ReferenceModel;

  beforeAll(async () => {
    const fixture = join(FIXTURES, name);
    cases = JSON.parse(await readFile(join(fixture, 'cases.json'), 'utf8'));
    const json = JSON.parse(await readFile(join(fixture, 'config.json'), 'utf8'));
    const architectures =
      cases[0]!.task === 'features' ? ['DebertaV2ForTokenClassification'] : json.architectures;
    model = referenceModel(readModelConfig({ ...json, architectures, model_type: 'deberta-v2' }));
    checkpoint = await openCheckpoint(fixture);
    expected = await openCheckpoint(join(fixture, 'expected'));
  });
  afterAll(async () => {
    await checkpoint.close();
    await expected.close();
  });

  it('computes what transformers computes', async () => {
    for (const { id, task, atol, rtol, optionalRows } of cases) {
      const [ids, mask, want] = await Promise.all(
        ['ids', 'mask', 'want'].map((part) => expected.read(`${id}.${part}`)),
      );
      const [batch, length] = expected.info(`${id}.ids`)!.shape as [number, number];
      const width = expected.info(`${id}.want`)!.shape.at(-1)!;
      for (let sample = 0; sample < batch; sample++) {
        if (optionalRows.includes(sample)) continue;
        const positions = Array.from({ length }, (_, at) => at).filter(
          (at) => mask![sample * length + at] === 1,
        );
        const sequence = { ids: positions.map((at) => ids![sample * length + at]!), positions };
        const tensors = new Tensors(checkpoint, model.layerNormEps);
        const got: Matrix =
          task === 'features'
            ? (await encode(model, tensors, sequence)).at(-1)!
            : (await headOutputs(model, tensors, sequence)).logits!;
        expect(got.columns).toBe(width);
        const first =
          task === 'sequence-classification' ? [sample] : positions.map((at) => sample * length + at);
        for (const [at, row] of first.entries()) {
          for (let column = 0; column < width; column++) {
            const value = want![row * width + column]!;
            const difference = Math.abs(got.data[at * width + column]! - value);
            expect(difference, `${id} [${row}, ${column}]`).toBeLessThanOrEqual(
              atol + rtol * Math.abs(value),
            );
          }
        }
      }
    }
  });
});

it('finds the same rows as the graph for every distance', () => {
  for (const [buckets, maxDistance] of [
    [256, 512],
    [8, 32],
    [0, 512],
    [14, 40],
  ] as const) {
    const relative = { buckets, maxDistance, span: buckets || maxDistance };
    for (let distance = -600; distance <= 600; distance++) {
      expect(rowOfDistance(distance, relative), `${distance} of ${buckets}`).toBe(
        relativeRow(distance, relative),
      );
    }
  }
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
