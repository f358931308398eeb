import {
  type ForwardInput,
  type InferenceChild,
  type InferenceChildOptions,
  startInferenceChild,
} from '@heddle/runtime';
import { cpuTimeOf, ownCpuTime } from './cpu-time.js';
import type { Shape } from './shapes.js';

/** A shape is run so often at least: the first pass of a size pays for memory. */
const PASSES = 2;
const MOST_PASSES = 20;
/** Small passes are repeated for so long. */
const ENOUGH_MS = 60;
/** Masked places that are asked about: their answers are as wide as the vocabulary. */
const POSITIONS = 8;

export type ChildOptions = Omit<InferenceChildOptions, 'loadTimeoutMs'>;

const LOAD_TIMEOUT_MS = 120_000;

export function startChild(options: ChildOptions): InferenceChild {
  return startInferenceChild({ ...options, loadTimeoutMs: LOAD_TIMEOUT_MS });
}

/**
 * Computed tokens per second of a child alone: the best of several passes, for what else runs on the machine only makes
 * them slower. `oneThread`: the child's main thread does all the work.
 */
export async function rateOf(
  child: InferenceChild,
  session: string,
  shape: Shape,
  oneThread: boolean,
): Promise<number> {
  const input = inputOf(shape);
  let best = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let pass = 0; pass < PASSES || (spent < ENOUGH_MS && pass < MOST_PASSES); pass++) {
    const ms = await costOf(child, oneThread, () => child.run(session, input));
    best = Math.min(best, ms);
    spent += ms;
  }
  return ((shape.length * shape.sequences) / best) * 1000;
}

/** What several children do together, each at work for `ms` after a first pass. */
export async function rateTogether(
  children: InferenceChild[],
  session: string,
  shape: Shape,
  ms: number,
): Promise<{ tokensPerS: number; share: number }> {
  const input = inputOf(shape);
  await Promise.all(children.map((child) => child.run(session, input)));
  const started = performance.now();
  const each = await Promise.all(
    children.map(async (child) => {
      const before = await cpuTimeOf(child.pid);
      let passes = 0;
      do {
        await child.run(session, input);
        passes++;
      } while (performance.now() - started < ms);
      const passed = performance.now() - started;
      const after = await cpuTimeOf(child.pid);
      const atWork = before === null || after === null ? passed : after - before;
      return { passesPerMs: passes / passed, share: atWork / passed };
    }),
  );
  return {
    tokensPerS: sum(each.map(({ passesPerMs }) => passesPerMs)) * shape.length * shape.sequences * 1000,
    /** Of the time, that the main threads of the children were at work; less than most when others had the cores. */
    share: sum(each.map(({ share }) => share)) / each.length,
  };
}

/** Which tokens they are makes no difference; id 0 is in every vocabulary. */
function inputOf({ length, sequences }: Shape): ForwardInput {
  const inputIds = new Int32Array(sequences * length);
  const attentionMask = new Uint8Array(sequences * length).fill(1);
  const asked = Array.from({ length: Math.min(sequences, POSITIONS) }, (_, row) => [row, 1]);
  return { inputIds, attentionMask, positions: Int32Array.from(asked.flat()), batch: sequences, length };
}

/**
 * Milliseconds that a pass costs, the message there and back included: of processor time where one thread does it all,
 * so that a busy machine measures the same as an idle one; else those that pass.
 */
async function costOf(
  child: InferenceChild,
  oneThread: boolean,
  work: () => Promise<unknown>,
): Promise<number> {
  const before = oneThread ? await cpuTimeOf(child.pid) : null;
  const ownBefore = ownCpuTime();
  const started = performance.now();
  await work();
  const passed = performance.now() - started;
  const own = ownCpuTime() - ownBefore;
  const after = before === null ? null : await cpuTimeOf(child.pid);
  return before === null || after === null ? passed : after - before + own;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
