import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Deviation, deviation } from './compare.js';
import {
  type FixtureGraphs,
  type OpenSession,
  openGraphs,
  type ParityPrecision,
  type ParitySession,
} from './graphs.js';
import { type ExpectedTensor, type ForwardCase, readManifest } from './manifest.js';
import { type NumberTensor, readTensorFile } from './tensor-file.js';
import type { Way } from './ways.js';

/** One compared tensor of one case. */
export interface Comparison extends Deviation {
  case: string;
  tensor: string;
  role: 'result' | 'inner';
}

export interface CheckOptions {
  way: Way;
  open: OpenSession;
  /** `fp32` when absent. */
  precision?: ParityPrecision;
  /** As a share of the largest expected value of a tensor, or of 1 where that is larger; the fixture's own when absent. */
  tolerance?: number;
}

/** The shortest limit a model may be compiled for. */
const MIN_TOKENS = 8;

/**
 * Compiles the checkpoint of a fixture folder (manifest.json, deberta-fixtures/1) and compares what its graphs
 * compute with every expected tensor of every forward case. Half precision has no scores of attention.
 */
export async function checkForward(
  folder: string,
  { way, open, precision = 'fp32', tolerance }: CheckOptions,
): Promise<Comparison[]> {
  const { cases } = await readManifest(folder);
  const workDir = await mkdtemp(join(tmpdir(), 'heddle-parity-'));
  try {
    const lengths = cases.map(({ inputs }) => inputs.tensors.input_ids!.shape.at(-1)!);
    const maxTokens = Math.max(MIN_TOKENS, ...lengths);
    const graphs = await openGraphs(folder, cases[0]!, { way, precision, maxTokens, workDir, open });
    try {
      const comparisons: Comparison[] = [];
      for (const one of cases) comparisons.push(...(await checkCase(folder, one, graphs, tolerance)));
      return comparisons;
    } finally {
      await graphs.close();
    }
  } finally {
    await rm(workDir, { recursive: true });
  }
}

async function checkCase(
  folder: string,
  one: ForwardCase,
  graphs: FixtureGraphs,
  tolerance: number | undefined,
): Promise<Comparison[]> {
  const inputs = await readTensorFile(join(folder, one.inputs.file));
  const expected = await readTensorFile(join(folder, one.outputs.file));
  const mask = flatten(inputs.get('attention_mask')!);
  const answers = new Answers(inputs, one, graphs);
  const comparisons: Comparison[] = [];
  for (const [tensor, rules] of Object.entries(one.outputs.tensors)) {
    if (rules.role === 'info' || !answers.has(tensor)) continue;
    const got = await answers.get(tensor);
    const validity = { mask, optionalRows: one.optional_rows ?? [] };
    const want = expected.get(tensor)!;
    const found = deviation(got, want, withTolerance(rules, want, tolerance), validity);
    comparisons.push({ case: one.id, tensor, role: rules.role, ...found });
  }
  return comparisons;
}

function withTolerance(
  rules: ExpectedTensor,
  { data }: NumberTensor,
  tolerance: number | undefined,
): ExpectedTensor {
  if (tolerance === undefined) return rules;
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return { ...rules, atol: tolerance * largest, rtol: 0 };
}

/** [B, C, L] → [B·C, L] */
function flatten({ shape, data }: NumberTensor): NumberTensor {
  const length = shape.at(-1)!;
  return { shape: [data.length / length, length], data };
}

const ATTENTION = /^(scores|attentions)\./;

/** What the graphs answer, by the fixtures' names; each graph runs when it is first asked. */
class Answers {
  private readonly runs = new Map<ParitySession, ReturnType<ParitySession['run']>>();

  constructor(
    private readonly inputs: Map<string, NumberTensor>,
    private readonly one: ForwardCase,
    private readonly graphs: FixtureGraphs,
  ) {}

  has(name: string): boolean {
    return this.graphs.attention !== null || !ATTENTION.test(name);
  }

  async get(name: string): Promise<NumberTensor> {
    const score = /^scores\.(\d+)\.(c2c|c2p|p2c)$/.exec(name);
    if (score) return this.output('attention', `${score[2]}.${score[1]}`);
    const attention = /^attentions\.(\d+)$/.exec(name);
    if (attention) return this.output('attention', `probs.${attention[1]}`);
    if (name === 'last_hidden_state') return this.output('encoder', 'tokens');
    if (name.startsWith('hidden_states.')) return this.hiddenState(name);
    if (name === 'mean_pooled') return this.output('main', 'mean');
    if (name === 'cls_pooled') return this.output('main', 'cls');
    return this.logits(name);
  }

  /** The last one is what the encoder answers. */
  private async hiddenState(name: string): Promise<NumberTensor> {
    const outputs = await this.run('encoder');
    return this.output('encoder', Object.hasOwn(outputs, name) ? name : 'tokens');
  }

  /** Heads answer sequence by sequence, position by position: the shape is that of the inputs and what is left. */
  private async logits(name: string): Promise<NumberTensor> {
    const { shape, data } = await this.output('main', name);
    const ids = this.inputs.get('input_ids')!.shape;
    if (this.one.task === 'multiple-choice') return { shape: ids.slice(0, 2), data };
    if (this.one.task === 'fill-mask' && !this.inputs.has('masked_positions')) {
      return { shape: [...ids, ...shape.slice(1)], data };
    }
    return { shape, data };
  }

  private async output(graph: 'main' | 'encoder' | 'attention', name: string): Promise<NumberTensor> {
    const output = (await this.run(graph))[name];
    if (output === undefined) throw new Error(`the ${graph} graph has no output ${name}`);
    return { shape: output.dims, data: Float64Array.from(output.data) };
  }

  private run(graph: 'main' | 'encoder' | 'attention'): ReturnType<ParitySession['run']> {
    const session = this.graphs[graph];
    if (!session) throw new Error(`there is no ${graph} graph`);
    const run = this.runs.get(session) ?? session.run(this.feeds());
    this.runs.set(session, run);
    return run;
  }

  private feeds() {
    const ids = flatten(this.inputs.get('input_ids')!);
    const [batch, length] = [ids.shape[0]!, ids.shape[1]!];
    const types = this.inputs.get('token_type_ids');
    const everyToken = Int32Array.from({ length: 2 * batch * length }, (_, i) =>
      i % 2 === 0 ? Math.floor(i / 2 / length) : ((i - 1) / 2) % length,
    );
    const asked = this.inputs.get('masked_positions');
    return {
      inputIds: Int32Array.from(ids.data),
      attentionMask: Uint8Array.from(this.inputs.get('attention_mask')!.data),
      ...(types && { typeIds: Uint8Array.from(types.data) }),
      positions: asked ? Int32Array.from(asked.data) : everyToken,
      batch,
      length,
    };
  }
}
