import type { Layout } from '@heddle/contracts';
import type { InferenceChild } from '@heddle/runtime';
import { rateTogether } from './passes.js';
import type { Shape } from './shapes.js';

/** How long a layout is at work for each size of pass, in each round. */
const WORK_MS = 250;
const ROUNDS = 3;
/** No further round begins after so long: passes that take seconds are steady enough. */
const ENOUGH_MS = 3_000;
/** Share of the time that a process is at work when it has a core of its own. */
const UNDISTURBED = 0.75;
/** Comparisons that may be lost to other processes before layouts are given up. */
const MAX_DISTURBED = 1;

/**
 * Processes with some threads each against one with all of them, in turn, so that what else runs meets both. Every process
 * must hold the sessions of the sizes. Empty where other processes had the cores meanwhile.
 */
export async function compareLayouts(
  children: Record<'apart' | 'together', InferenceChild[]>,
  threads: number,
  shapes: Shape[],
): Promise<Layout[]> {
  const rates = await bestRates(children, shapes);
  if (rates === null) return [];
  const count = children.apart.length;
  return [
    { children: count, threads, tokens_per_s: mean(rates.apart) },
    { children: 1, threads: count * threads, tokens_per_s: mean(rates.together) },
  ];
}

/**
 * For both the best rate with each shape; null where other processes had the cores meanwhile. Time passes for those too,
 * so only comparisons count in which the processes with a thread each were at work.
 */
async function bestRates(
  { apart, together }: Record<'apart' | 'together', InferenceChild[]>,
  shapes: Shape[],
): Promise<Record<'apart' | 'together', number[]> | null> {
  let disturbed = 0;
  const best = { apart: shapes.map(() => 0), together: shapes.map(() => 0) };
  const started = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    if (performance.now() - started > ENOUGH_MS && !best.apart.includes(0)) break;
    for (const [i, shape] of shapes.entries()) {
      const first = await rateTogether(apart, shape.lowering, shape, WORK_MS);
      if (first.share < UNDISTURBED) {
        if (++disturbed > MAX_DISTURBED) return null;
        continue;
      }
      const second = await rateTogether(together, shape.lowering, shape, WORK_MS);
      best.apart[i] = Math.max(best.apart[i]!, first.tokensPerS);
      best.together[i] = Math.max(best.together[i]!, second.tokensPerS);
    }
  }
  return best.apart.includes(0) ? null : best;
}

/** As many tokens at each of these rates. */
function mean(rates: number[]): number {
  return Math.round(rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0));
}
