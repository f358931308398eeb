import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Fp16Report, HeddleError } from '@heddle/contracts';
import { compileFp16, FP16_FILE, openTokenizer } from '@heddle/deberta';
import type { CalibrationText } from '../agreement/calibration.js';
import { GATE, passes, shortfall } from '../agreement/gate.js';
import { makeInputs } from '../agreement/inputs.js';
import { answerAll, measureAgreement } from '../agreement/measure.js';
import { scoresOf } from '../agreement/scores.js';
import { measureBatching } from '../verify/batching.js';
import { runOnce } from '../verify/run-once.js';
import type { Subject } from '../verify/verify-version.js';
import { withSession } from '../verify/with-session.js';

/** What is measured in its place; removed. */
const ROUNDED = 'rounded.onnx';
/** Percent after each step, by the time they take. */
const PERCENT = { compiled: 10, reference: 40, agreement: 90 } as const;
/** As of float32, but sums that differ in their last bit may be rounded to neighbours, which are 2⁻¹⁰ apart. */
const BATCHING_TOLERANCE = 1e-2;

export interface Fp16Subject extends Subject {
  /** What the answers are compared on, and whose they are. */
  texts: CalibrationText[];
  calibration: Fp16Report['calibration'];
}

/**
 * Adds the fp16 variant of the main graph to a compiled version, if it answers like float32. Measured on a graph that
 * rounds as a GPU does, since imports need none. Errors: `quality-loss`, `model-nonfinite`.
 */
export async function buildFp16(
  { folder, dir, compiled, wishes, texts, calibration }: Fp16Subject,
  onPercent: (percent: number) => void,
): Promise<Fp16Report> {
  const within = (from: number, to: number) => (share: number) =>
    onPercent(Math.floor(from + (to - from) * share));
  try {
    await compileFp16({ ...wishes, checkpointDir: folder, dir, file: FP16_FILE, roundedFile: ROUNDED });
    // That it can be opened and run at all: what it answers here is not what a GPU would.
    await withSession(join(dir, FP16_FILE), runOnce);
    onPercent(PERCENT.compiled);
    const tokenizer = await openTokenizer(join(dir, 'tokenizer.json'));
    const inputs = await makeInputs(compiled.head, texts, tokenizer, compiled.maxTokens);
    const reference = await withSession(join(dir, 'model.onnx'), (session) =>
      answerAll(session, compiled, inputs, within(PERCENT.compiled, PERCENT.reference)),
    );
    const found = await withSession(join(dir, ROUNDED), async (session) => {
      const agreement = await measureAgreement(
        session,
        reference,
        within(PERCENT.reference, PERCENT.agreement),
      );
      if (!passes(agreement, GATE)) {
        const message = `The fp16 variant does not answer as float32 does: ${shortfall(agreement, GATE)}`;
        throw new HeddleError('quality-loss', message, { extra: { gate: GATE, agreement } });
      }
      const { maxTokens } = compiled;
      const batching = await measureBatching(session, maxTokens, scoresOf(compiled), BATCHING_TOLERANCE);
      return { ...agreement, batching };
    });
    onPercent(100);
    return { ...found, gate: GATE, calibration };
  } catch (error) {
    for (const name of [FP16_FILE, `${FP16_FILE}.data`]) await rm(join(dir, name), { force: true });
    throw named(error);
  } finally {
    await rm(join(dir, ROUNDED), { force: true });
  }
}

/** What is not finite here is so for the rounding: the float32 graphs were verified before. */
function named(error: unknown): unknown {
  if (!(error instanceof HeddleError && error.code === 'model-nonfinite')) return error;
  return new HeddleError(
    'model-nonfinite',
    `The fp16 variant cannot be made, for numbers grow too large for half precision; fp32 works. ${error.message}`,
    { cause: error },
  );
}
