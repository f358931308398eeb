import type { ForwardOutput, Session } from '@heddle/runtime';

/** Outputs of the graph that shows ranges (libs/deberta, GraphOptions). */
const LARGEST = 'range.';
const SQUARE = 'square.';
/** Beyond what calibration saw, because other texts go further: what is beyond its range is cut off. */
const MARGIN = 1.1;
/** At most so many times the root mean square: rare values that are far larger would cost all others their digits. */
const MAX_DEVIATIONS = 8;

interface Channels {
  largest: Float32Array;
  /** Sums over tokens. */
  squares: Float64Array;
  tokens: number;
}

/** A session that answers like the graph without ranges, and collects them over all its runs. */
export interface RangesSession {
  session: Session;
  /** By name, the range of each channel. */
  ranges(): Map<string, Float32Array>;
}

export function collectRanges(inner: Session): RangesSession {
  const seen = new Map<string, Channels>();
  const session: Session = {
    ...inner,
    run: async (input) => {
      const outputs = await inner.run(input);
      collect(seen, outputs, input.batch * input.length);
      const isAnswer = ([name]: [string, unknown]) => !name.startsWith(LARGEST) && !name.startsWith(SQUARE);
      return Object.fromEntries(Object.entries(outputs).filter(isAnswer));
    },
  };
  return { session, ranges: () => new Map([...seen].map(([name, channels]) => [name, rangesOf(channels)])) };
}

function collect(seen: Map<string, Channels>, outputs: ForwardOutput, tokens: number): void {
  for (const [output, { data }] of Object.entries(outputs)) {
    if (!output.startsWith(LARGEST)) continue;
    const name = output.slice(LARGEST.length);
    const squares = outputs[SQUARE + name]!.data;
    const channels = seen.get(name) ?? {
      largest: new Float32Array(data.length),
      squares: new Float64Array(data.length),
      tokens: 0,
    };
    for (const [channel, value] of data.entries()) {
      channels.largest[channel] = Math.max(channels.largest[channel]!, value);
      channels.squares[channel]! += squares[channel]! * tokens;
    }
    channels.tokens += tokens;
    seen.set(name, channels);
  }
}

function rangesOf({ largest, squares, tokens }: Channels): Float32Array {
  return largest.map((value, channel) =>
    Math.min(value * MARGIN, MAX_DEVIATIONS * Math.sqrt(squares[channel]! / tokens)),
  );
}
