import { DEFAULT_BATCH_TOKENS, type Lowering, type Measurement } from '@heddle/contracts';

/** A forward pass of one size. */
export type Shape = Omit<Measurement, 'tokens_per_s'>;

/** Upper bounds of the lengths that have a budget each, in tokens. */
const LENGTHS = [16, 32, 64, 128, 256, 512];
/** Token budgets of a forward pass that are tried. */
const BUDGETS = [256, 512, 1024, 2048, 4096];
/** Lengths that layouts are compared at: most texts are as short, most tokens in texts as long. */
const LAYOUT_LENGTHS = [32, 128];
/** Token budget that layouts are compared with: the middle of those that pay, and short enough for a large model. */
const LAYOUT_BUDGET = 512;
/** Every lowering is tried up to here; only those that keep up then go on. */
const PRELIMINARY = 512;
/** What a lowering may be slower by and still go on. */
const KEEPS_UP = 0.98;
/** Larger passes are not tried any more when the last one was so much slower than the best. */
const DECLINES = 0.95;
/**
 * Share of the tokens of texts whose lengths are log-normal with a median of 40 and a 95th percentile of 250 tokens, by
 * LENGTHS: what a lowering does with each length counts by it.
 */
const SHARES = [0.03, 0.07, 0.15, 0.23, 0.24, 0.28];

/** Lengths that are measured for a version of so many tokens at most. */
export function lengthsOf(maxTokens: number): number[] {
  const longest = Math.min(maxTokens, LENGTHS.at(-1)!);
  return [...LENGTHS.filter((length) => length < longest), longest];
}

/**
 * What to measure next; null when all is known that a plan needs, and what it is better than. Small passes first: whenever
 * time is up, what was measured makes a plan.
 */
export function nextShape(lowerings: Lowering[], lengths: number[], measured: Measurement[]): Shape | null {
  for (const budget of BUDGETS) {
    const going = budget > PRELIMINARY ? contenders(lowerings, lengths, measured) : lowerings;
    for (const length of lengths) {
      for (const lowering of going) {
        const shape = { lowering, length, sequences: sequencesOf(budget, length) };
        const known = measured.filter((one) => one.lowering === lowering && one.length === length);
        if (isMeasured(shape, measured) || isDeclining(known)) continue;
        return shape;
      }
    }
  }
  return defaultShapes(lowerings, lengths).find((shape) => !isMeasured(shape, measured)) ?? null;
}

/** The passes that layouts are compared with: those of LAYOUT_LENGTHS, else of the longest that the version takes. */
export function layoutShapes(lowering: Lowering, lengths: number[]): Shape[] {
  const tried = lengths.filter((length) => LAYOUT_LENGTHS.includes(length));
  return (tried.length > 0 ? tried : lengths.slice(-1)).map((length) => {
    return { lowering, length, sequences: sequencesOf(LAYOUT_BUDGET, length) };
  });
}

/** What a version without a plan runs: to be compared with. */
function defaultShapes([lowering]: Lowering[], lengths: number[]): Shape[] {
  return lengths.map((length) => {
    return { lowering: lowering!, length, sequences: sequencesOf(DEFAULT_BATCH_TOKENS, length) };
  });
}

function sequencesOf(budget: number, length: number): number {
  return Math.max(1, Math.floor(budget / length));
}

function isMeasured({ lowering, length, sequences }: Shape, measured: Measurement[]): boolean {
  return measured.some(
    (one) => one.lowering === lowering && one.length === length && one.sequences === sequences,
  );
}

/**
 * Tokens per second with the texts of SHARES, each length in its best pass: lengths weigh by the time they take. Of the
 * lengths alone that were measured in all lowerings; 0 when there is none.
 */
export function throughputOf(lowering: Lowering, lowerings: Lowering[], measured: Measurement[]): number {
  const lengths = [...new Set(measured.map(({ length }) => length))];
  let tokens = 0;
  let seconds = 0;
  for (const length of lengths) {
    if (lowerings.some((each) => bestOf(each, length, measured) === 0)) continue;
    const share = SHARES[LENGTHS.findIndex((bound) => length <= bound)]!;
    tokens += share;
    seconds += share / bestOf(lowering, length, measured);
  }
  return tokens === 0 ? 0 : tokens / seconds;
}

function bestOf(lowering: Lowering, length: number, measured: Measurement[]): number {
  const rates = measured
    .filter((one) => one.lowering === lowering && one.length === length)
    .map(({ tokens_per_s }) => tokens_per_s);
  return Math.max(0, ...rates);
}

function contenders(lowerings: Lowering[], lengths: number[], measured: Measurement[]): Lowering[] {
  const preliminary = measured.filter(
    ({ length, sequences }) =>
      lengths.includes(length) && (sequences === 1 || length * sequences <= PRELIMINARY),
  );
  const rates = lowerings.map((each) => throughputOf(each, lowerings, preliminary));
  return lowerings.filter((_, i) => rates[i]! >= KEEPS_UP * Math.max(...rates));
}

function isDeclining(known: Measurement[]): boolean {
  const best = Math.max(0, ...known.map(({ tokens_per_s }) => tokens_per_s));
  const last = known.at(-1);
  return last !== undefined && last.tokens_per_s < DECLINES * best;
}
