import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Agreement, Int8Report } from '@heddle/contracts';
import { type Int8Compiler, openInt8Compiler, openTokenizer } from '@heddle/deberta';
import type { CalibrationText } from '../agreement/calibration.js';
import { GATE, passes } from '../agreement/gate.js';
import { makeInputs } from '../agreement/inputs.js';
import { answerAll, measureAgreement, partOf, type Reference } from '../agreement/measure.js';
import { scoresOf } from '../agreement/scores.js';
import { measureBatching } from '../verify/batching.js';
import type { Subject } from '../verify/verify-version.js';
import { withSession } from '../verify/with-session.js';
import { type ChosenLayers, chooseLayers } from './choose-layers.js';
import { hiddenDifferences } from './hidden-states.js';

/** The main graph of a version that is served in int8, and its weights. */
const FILE = 'int8.onnx';
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
  const within = (from: number, to: number) => (share: number) =>
    onPercent(Math.floor(from + (to - from) * share));
  const tokenizer = await openTokenizer(join(dir, 'tokenizer.json'));
  const inputs = await makeInputs(compiled.head, texts, tokenizer, compiled.maxTokens);
  const reference = await withSession(join(dir, 'model.onnx'), (session) =>
    answerAll(session, compiled, inputs, within(0, PERCENT.reference)),
  );
  const compiler = await openInt8Compiler({ ...wishes, checkpointDir: folder });
  try {
    const measure = (onShare?: (share: number) => void) =>
      withSession(join(dir, FILE), (session) => measureAgreement(session, reference, onShare));
    const every = new Set(Array(compiler.layers).keys());
    await compiler.write(dir, FILE, { layers: every });
    let agreement = await measure(within(PERCENT.reference, PERCENT.all));
    let chosen: ChosenLayers = { layers: every, own: [], tried: [] };
    if (!passes(agreement, GATE)) {
      await removeFiles(dir);
      const onShare = within(PERCENT.all, PERCENT.search);
      chosen = await search(compiler, reference, agreement, join(workDir, 'trials'), onShare);
      await compiler.write(dir, FILE, { layers: chosen.layers });
      agreement = await measure();
      // The same graph as was tried: another result would be a bug.
      if (!passes(agreement, GATE))
        throw new Error('the int8 variant that passed its trial does not pass again');
    }
    onPercent(PERCENT.search);
    const part = partOf(reference, HIDDEN_INPUTS).inputs;
    const hidden = await withFolder(join(workDir, 'inner'), (inner) =>
      hiddenDifferences(compiler, chosen.layers, part, inner),
    );
    onPercent(PERCENT.hidden);
    const batching = await withSession(join(dir, FILE), (session) =>
      measureBatching(session, compiled.maxTokens, scoresOf(compiled)),
    );
    onPercent(100);
    return {
      ...agreement,
      gate: GATE,
      calibration,
      layers: layersOf(chosen, hidden),
      tried: chosen.tried,
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
  reference: Reference,
  all: Agreement,
  folder: string,
  onShare: (share: number) => void,
): Promise<ChosenLayers> {
  return withFolder(folder, async (dir) => {
    await mkdir(dir);
    const series = await compiler.startSeries(dir);
    try {
      const { layers } = compiler;
      return await chooseLayers({ layers, series, dir, reference, gate: GATE, all }, onShare);
    } finally {
      await series.close();
    }
  });
}

function layersOf({ layers, own }: ChosenLayers, hidden: number[]): Int8Report['layers'] {
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
  for (const name of [FILE, `${FILE}.data`]) await rm(join(dir, name), { force: true });
}
