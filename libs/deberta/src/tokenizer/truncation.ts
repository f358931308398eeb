import { HeddleError } from '@heddle/contracts';

export type TruncationSide = 'left' | 'right';
/** Which side of a pair may be cut. */
export type TruncationStrategy = 'longest-first' | 'only-first' | 'only-second';

/** A stretch of a text's tokens. */
export interface TokenRange {
  from: number;
  count: number;
}

/**
 * How many tokens of each text stay in `room` tokens; null when the strategy cannot make them fit. `lengths` has
 * one entry a text. Without any room everything goes, whatever the strategy, as in Hugging Face tokenizers
 * (utils/truncation.rs).
 */
export function keptTokens(lengths: number[], room: number, strategy: TruncationStrategy): number[] | null {
  if (sum(lengths) <= room) return lengths;
  if (room <= 0) return room < 0 ? null : lengths.map(() => 0);
  const [first = 0, second = 0] = lengths;
  if (strategy === 'longest-first') return longestFirst(first, second, room).slice(0, lengths.length);
  const cut = cutText(strategy);
  const left = room - (cut === 0 ? second : first);
  return left < 1 || cut >= lengths.length ? null : lengths.map((length, i) => (i === cut ? left : length));
}

/**
 * The windows over `length` tokens, at most `size` each, that overlap by `stride` < size tokens. The first is the
 * one that plain truncation keeps: cutting on the left, windows go from the end to the beginning.
 */
export function windowsOf(length: number, size: number, stride: number, side: TruncationSide): TokenRange[] {
  if (length <= size) return [{ from: 0, count: length }];
  const windows: TokenRange[] = [];
  for (let passed = 0; ; passed += size - stride) {
    const count = Math.min(size, length - passed);
    windows.push({ from: side === 'left' ? length - passed - count : passed, count });
    if (passed + count === length) return windows;
  }
}

/** Index of the text that a strategy for one side cuts. */
export function cutText(strategy: 'only-first' | 'only-second'): number {
  return strategy === 'only-first' ? 0 : 1;
}

export function tooLong(max: number, actual: number): HeddleError {
  return new HeddleError('input-too-long', `The input has ${actual} tokens; the model takes ${max}.`, {
    extra: { max, actual },
  });
}

export function sum(lengths: number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}

function longestFirst(first: number, second: number, room: number): [number, number] {
  const short = Math.min(first, second);
  let keptShort = short;
  let keptLong = short > room ? short : Math.max(short, room - short);
  if (keptShort + keptLong > room) {
    keptShort = Math.floor(room / 2);
    keptLong = keptShort + (room % 2);
  }
  return first <= second ? [keptShort, keptLong] : [keptLong, keptShort];
}
