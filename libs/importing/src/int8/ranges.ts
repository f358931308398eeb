import type { Session } from '@heddle/runtime';

/** Outputs of the graph that shows ranges (libs/deberta, GraphOptions). */
const PREFIX = 'range.';
/** Beyond what calibration saw: other texts go further, and a value beyond its range is cut off. */
const MARGIN = 1.3;

/** A session that answers like the graph without ranges, and collects the largest of them over all its runs. */
export interface RangesSession {
  session: Session;
  /** By name, each channel's largest magnitude with a margin. */
  ranges(): Map<string, Float32Array>;
}

export function collectRanges(inner: Session): RangesSession {
  const largest = new Map<string, Float32Array>();
  const session: Session = {
    ...inner,
    run: async (input) => {
      const outputs = Object.entries(await inner.run(input));
      for (const [name, { data }] of outputs) {
        if (!name.startsWith(PREFIX)) continue;
        const key = name.slice(PREFIX.length);
        largest.set(key, maxOf(largest.get(key), data));
      }
      return Object.fromEntries(outputs.filter(([name]) => !name.startsWith(PREFIX)));
    },
  };
  const ranges = () =>
    new Map([...largest].map(([name, values]) => [name, values.map((value) => value * MARGIN)]));
  return { session, ranges };
}

function maxOf(before: Float32Array | undefined, values: Float32Array): Float32Array {
  return values.map((value, channel) => Math.max(value, before?.[channel] ?? 0));
}
