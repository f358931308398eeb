import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@heddle/checkpoint';
import { createModel, MODEL_FILE } from '@heddle/onnx';
import { openSession, type Session } from '@heddle/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModelConfig } from '../config/read-config.js';
import type { Context } from './context.js';
import { emitEmbeddings } from './embeddings.js';
import { emitEncoder } from './encoder.js';
import { emitModel } from './heads.js';
import { tensorShapes } from './tensor-shapes.js';
import { resolveWeights } from './weights.js';

/**
 * Checkpoints with random weights, and what transformers 4.57.6 computes from them in float32. `expected` holds
 * `<case>.ids`, `.mask` and `.want` (logits, or the last hidden states of an encoder without a head).
 */
const FIXTURES = join(import.meta.dirname, '__fixtures__');
const NAMES = [
  'v3-base-seqcls',
  'v3-multi-label',
  'v3-regression',
  'v3-activations',
  'v3-tiny-variance',
  'v3-small-noprefix',
  'v3-buckets8',
  'v3-buckets256',
  'v3-short-positions',
  'v3-explicit-max-relative',
  'v3-one-layer-one-head',
  'v2-embedding-size-relu',
  'v2-c2p-only',
  'v2-p2c-only',
  'v2-no-share-att-key',
  'v2-no-buckets-max-relative',
  'v2-no-position-terms',
  'v2-no-relative-attention',
  'v2-minimal-config',
  'mdeberta-tokcls',
];
/** The longest input of the fixtures; some go beyond max_position_embeddings. */
const MAX_TOKENS = 600;

interface Case {
  id: string;
  task: string;
  atol: number;
  rtol: number;
  /** `token`: only positions with mask 1 are defined. */
  valid: 'all' | 'token';
  optionalRows: number[];
}

describe.each(NAMES)('%s', (name) => {
  const fixture = join(FIXTURES, name);
  let cases: Case[];
  let dir: string;
  let session: Session;

  beforeAll(async () => {
    cases = JSON.parse(await readFile(join(fixture, 'cases.json'), 'utf8'));
    dir = await mkdtemp(join(tmpdir(), 'heddle-parity-'));
    await compileFixture(fixture, dir, cases[0]!.task);
    session = await openSession(join(dir, MODEL_FILE), { threads: 1 });
  });
  afterAll(async () => {
    await session.close();
    await rm(dir, { recursive: true });
  });

  it('computes what transformers computes', async () => {
    const expected = await openCheckpoint(join(fixture, 'expected'));
    expect(cases.length).toBeGreaterThan(0);
    for (const one of cases) {
      const mask = Uint8Array.from(await expected.read(`${one.id}.mask`));
      const inputIds = Int32Array.from(await expected.read(`${one.id}.ids`));
      const [batch, length] = expected.info(`${one.id}.ids`)!.shape as [number, number];
      const { logits: got } = await session.run({ inputIds, attentionMask: mask, batch, length });
      const want = await expected.read(`${one.id}.want`);
      expect(got!.dims).toEqual(expected.info(`${one.id}.want`)!.shape);
      expect(worstExcess(one, mask, batch, got!.data, want), `${name} ${one.id}`).toBeLessThanOrEqual(0);
    }
    await expected.close();
  });
});

/** Largest |got − want| − (atol + rtol·|want|) of the values that are defined; not finite counts as worst. */
function worstExcess(
  { atol, rtol, valid, optionalRows }: Case,
  mask: Uint8Array,
  batch: number,
  got: Float32Array,
  want: Float32Array,
): number {
  const perRow = want.length / batch;
  const perToken = want.length / mask.length;
  let worst = Number.NEGATIVE_INFINITY;
  for (const [index, expected] of want.entries()) {
    if (optionalRows.includes(Math.floor(index / perRow))) continue;
    if (valid === 'token' && mask[Math.floor(index / perToken)] === 0) continue;
    const excess = Math.abs(got[index]! - expected) - (atol + rtol * Math.abs(expected));
    worst = Math.max(worst, Number.isFinite(excess) ? excess : Number.POSITIVE_INFINITY);
  }
  return worst;
}

async function compileFixture(fixture: string, dir: string, task: string): Promise<void> {
  const json = JSON.parse(await readFile(join(fixture, 'config.json'), 'utf8'));
  const encoderOnly = task === 'features';
  const architectures = encoderOnly ? ['DebertaV2ForTokenClassification'] : json.architectures;
  const config = readModelConfig({ ...json, architectures, model_type: 'deberta-v2' });
  const checkpoint = await openCheckpoint(fixture);
  const shapes = [...tensorShapes(config)].filter(
    ([name]) => !(encoderOnly && name.startsWith('classifier')),
  );
  const weights = resolveWeights(checkpoint, new Map(shapes));
  const model = await createModel(dir, 'parity');
  const context = { config, maxTokens: MAX_TOKENS, weights, graph: model.graph, store: model.weight };
  await (encoderOnly ? emitHiddenStates(context) : emitModel(context));
  await model.save();
  await model.close();
  await checkpoint.close();
}

async function emitHiddenStates(context: Context): Promise<void> {
  const { graph, config } = context;
  const sequence = await emitEmbeddings(context);
  const hidden = await emitEncoder(context, sequence, 'all');
  const size = graph.ints([config.hiddenSize]);
  const shape = graph.node('Concat', [sequence.batch, sequence.length, size], { axis: 0 });
  graph.node('Reshape', [hidden, shape], {}, { output: 'logits' });
  graph.output('logits', 'float32', ['batch', 'sequence', config.hiddenSize]);
}
