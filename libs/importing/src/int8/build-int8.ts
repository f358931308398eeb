import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Agreement, Int8Report, TriedInt8 } from '@heddle/contracts';
import { INT8_FILE, type Int8Compiler, openInt8Compiler, openTokenizer, RANGES_FILE } from '@heddle/deberta';
import type { CalibrationText } from '../agreement/calibration.js';
import { GATE, passes } from '../agreement/gate.js';
import { makeInputs } from '../agreement/inputs.js';
import { answerAll, measureAgreement, partOf } from '../agreement/measure.js';
import { scoresOf } from '../agreement/scores.js';
import { measureBatching } from '../verify/batching.js';
import type { Subject } from '../verify/verify-version.js';
import { withSession } from '../verify/with-session.js';
import {
  activationsOf,
  type ChosenInt8,
  chooseLayers,
  type Formats,
  type Scaling,
  type Search,
  triedOf,
} from './choose-layers.js';
import { type HiddenDifferences, hiddenDifferences } from './hidden-states.js';
import { collectRanges } from './ranges.js';

/** Inputs of which the states of every layer are compared. */
const HIDDEN_INPUTS = 8;
/** Percent after each step, by the time they take. */
const PERCENT = { reference: 40, all: 60, search: 85, hidden: 95 } as const;

export interface Int8Subject extends Subject {
  /** Below it the graphs of trials are written, and removed. */
  workDir: string;
  /** What the answers are compared on, and whose they are. */
  texts: CalibrationText[];
  calibration: Int8Report['calibration'];
}

/**
 * Adds the int8 variant of the main graph to a compiled version, in as many layers as answer like float32: all of
 * them, or all but those that hurt. Errors: `quality-loss`, `model-nonfinite`.
 */
export async function buildInt8(
  subject: Int8Subject,
  onPercent: (percent: number) => void,
): Promise<Int8Report> {
  const { folder, dir, compiled, wishes, workDir, texts, calibration } = subject;
  let reached = 0;
  const within = (from: number, to: number) => (share: number) => {
    // Every trial takes the same steps.
    reached = Math.max(reached, Math.floor(from + (to - from) * share));
    onPercent(reached);
  };
  const tokenizer = await openTokenizer(join(dir, 'tokenizer.json'));
  const inputs = await makeInputs(compiled.head, texts, tokenizer, compiled.maxTokens);
  const { reference, ranges } = await withSession(join(dir, RANGES_FILE), async (session) => {
    const collecting = collectRanges(session);
    const answered = await answerAll(collecting.session, compiled, inputs, within(0, PERCENT.reference));
    return { reference: answered, ranges: collecting.ranges() };
  });
  await rm(join(dir, RANGES_FILE));
  const compiler = await openInt8Compiler({ ...wishes, checkpointDir: folder });
  try {
    const measure = (onShare?: (share: number) => void) =>
      withSession(join(dir, INT8_FILE), (session) => measureAgreement(session, reference, onShare));
    const every = new Set(Array(compiler.layers).keys());
    const tried: TriedInt8[] = [];
    let chosen: ChosenInt8 | undefined;
    let agreement: Agreement | undefined;
    for (const formats of formatsOf(ranges)) {
      const quantization = { ...formats, layers: every };
      await compiler.write(dir, INT8_FILE, quantization);
      agreement = await measure(within(PERCENT.reference, PERCENT.all));
      if (passes(agreement, GATE)) {
        chosen = { quantization, own: [] };
        break;
      }
      await removeFiles(dir);
      tried.push(triedOf([], formats, agreement));
    }
    if (!chosen) {
      const onShare = within(PERCENT.all, PERCENT.search);
      const known = { reference, scaling: betterScaling(tried, ranges), tried };
      chosen = await search(compiler, known, join(workDir, 'trials'), onShare);
      await compiler.write(dir, INT8_FILE, chosen.quantization);
      agreement = await measure();
    }
    // The same graph as was tried: another result would be a bug.
    if (!agreement || !passes(agreement, GATE))
      throw new Error('the int8 variant that passed its trial does not pass again');
    onPercent(PERCENT.search);
    const part = partOf(reference, HIDDEN_INPUTS).inputs;
    const hidden = await withFolder(join(workDir, 'inner'), (inner) =>
      hiddenDifferences(compiler, chosen.quantization, part, inner),
    );
    onPercent(PERCENT.hidden);
    const batching = await withSession(join(dir, INT8_FILE), (session) =>
      measureBatching(session, compiled.maxTokens, scoresOf(compiled)),
    );
    onPercent(100);
    return {
      ...agreement,
      gate: GATE,
      calibration,
      layers: layersOf(chosen, hidden.layers),
      table: { precision: chosen.quantization.table, hidden_difference: hidden.embeddings },
      activations: activationsOf(chosen.quantization),
      tried,
      batching,
    };
  } catch (error) {
    await removeFiles(dir);
    throw error;
  } finally {
    await compiler.close();
  }
}

async function search(
  compiler: Int8Compiler,
  known: Pick<Search, 'reference' | 'scaling' | 'tried'>,
  folder: string,
  onShare: (share: number) => void,
): Promise<ChosenInt8> {
  return withFolder(folder, async (dir) => {
    await mkdir(dir);
    const series = await compiler.startSeries(dir);
    try {
      const { layers } = compiler;
      return await chooseLayers({ ...known, layers, series, dir, gate: GATE }, onShare);
    } finally {
      await series.close();
    }
  });
}

/**
 * What all layers are tried with, the best to serve first. Scales by channel cost nothing while serving, scales by row
 * follow every text; a table of bytes takes half the memory of one of halves. What fails all of them is searched.
 */
function formatsOf(ranges: NonNullable<Formats['ranges']>): Formats[] {
  return [{ ranges, table: 'int8' }, { ranges, table: 'fp16' }, { table: 'int8' }, { table: 'fp16' }];
}

/** That of the nearest answers. */
function betterScaling(tried: TriedInt8[], ranges: NonNullable<Formats['ranges']>): Scaling {
  const [best] = tried.toSorted((a, b) => a.mean_difference - b.mean_difference);
  return best!.activations === 'by-channel' ? { ranges } : {};
}

function layersOf(
  { quantization: { layers }, own }: ChosenInt8,
  hidden: HiddenDifferences['layers'],
): Int8Report['layers'] {
  return hidden.map((hidden_difference, layer) => ({
    layer,
    precision: layers.has(layer) ? 'int8' : 'fp32',
    hidden_difference,
    ...(own[layer] && {
      own_same_decisions: own[layer].same_decisions,
      own_difference: own[layer].mean_difference,
    }),
  }));
}

async function withFolder<T>(dir: string, work: (dir: string) => Promise<T>): Promise<T> {
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function removeFiles(dir: string): Promise<void> {
  for (const name of [INT8_FILE, `${INT8_FILE}.data`]) await rm(join(dir, name), { force: true });
}
