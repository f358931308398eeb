import type { ExecutionPlan, Layout, Lowering, Measurement } from '@heddle/contracts';
import { throughputOf } from './shapes.js';

/** Less than this is noise: the smaller pass and the default lowering win then. */
const MARGIN = 0.03;
/** Layouts are measured side by side with whatever else runs, so this much is noise. */
const LAYOUT_MARGIN = 0.1;

/** The lowering with the best throughput over texts of all lengths (`throughputOf`); the first one unless another is clearly better. */
export function chooseLowering(lowerings: Lowering[], measured: Measurement[]): Lowering {
  const rate = (lowering: Lowering) => throughputOf(lowering, lowerings, measured);
  return lowerings.reduce((best, other) => (rate(other) > rate(best) * (1 + MARGIN) ? other : best));
}

/** For each length the smallest pass whose throughput is near the best. */
export function chooseBudgets(lowering: Lowering, measured: Measurement[]): ExecutionPlan['classes'] {
  const own = measured.filter((one) => one.lowering === lowering && one.tokens_per_s > 0);
  const lengths = [...new Set(own.map(({ length }) => length))].sort((a, b) => a - b);
  return lengths.map((length) => {
    const passes = own.filter((one) => one.length === length).sort((a, b) => a.sequences - b.sequences);
    const best = Math.max(...passes.map(({ tokens_per_s }) => tokens_per_s));
    const smallest = passes.find(({ tokens_per_s }) => tokens_per_s >= best * (1 - MARGIN))!;
    return { length, tokens: length * smallest.sequences };
  });
}

/** The first one unless another is clearly better; undefined of none. */
export function chooseLayout(layouts: Layout[]): Layout | undefined {
  const [first, ...others] = layouts;
  if (!first) return undefined;
  return others.reduce(
    (best, other) => (other.tokens_per_s > best.tokens_per_s * (1 + LAYOUT_MARGIN) ? other : best),
    first,
  );
}
