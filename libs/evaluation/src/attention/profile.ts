/** What a share counts: tokens up to so far from the one that asks, on both sides. */
const DIAGONAL_REACH = 1;
const LOCAL_REACH = 8;
/** Distances that are told of one by one, on both sides. */
const MAX_DISTANCE = 64;

/** Shares of the attention of a text's own tokens. */
export interface Shares {
  /** On the token that asks: the diagonal line itself. */
  self: number;
  /** On text tokens at most `DIAGONAL_REACH` away, the asking one included. */
  diagonal: number;
  /** On text tokens at most `LOCAL_REACH` away. */
  local: number;
  /** On special tokens, wherever they stand: vertical lines. */
  vertical: number;
  /** On the first token alone, `[CLS]`. */
  first: number;
}
export const SHARES = ['self', 'diagonal', 'local', 'vertical', 'first'] as const;

/** By distance, query less key, from −MAX_DISTANCE to MAX_DISTANCE; null where no pair has it. */
export interface ByDistance {
  /** Mean probability. */
  probability: (number | null)[];
  /** Mean of the probability against that of uniform attention over the same text: 1 is chance. */
  lift: (number | null)[];
}

interface HeadShares extends Shares {
  head: number;
}

interface LayerAttention extends Shares {
  layer: number;
  heads: HeadShares[];
  by_distance: ByDistance;
}

export interface AttentionReport {
  object: 'attention_report';
  model: string;
  dataset: string;
  texts: number;
  /** Tokens that asked: those of the texts, not special ones. */
  tokens: number;
  reach: { diagonal: number; local: number };
  /** What attention that does not care would have over the same texts. */
  uniform: Shares;
  /** Means over layers and heads. */
  all: Shares;
  layers: LayerAttention[];
  distances: number[];
  by_distance: ByDistance;
}

const WIDTH = 2 * MAX_DISTANCE + 1;

/** Averages attention probabilities over texts, without keeping any. */
export class AttentionProfile {
  readonly #sums: Float64Array[][];
  readonly #uniform = new Float64Array(SHARES.length);
  readonly #probability: Float64Array[];
  readonly #lift: Float64Array[];
  readonly #pairs = new Float64Array(WIDTH);
  #texts = 0;
  #tokens = 0;

  constructor(
    private readonly layers: number,
    private readonly heads: number,
  ) {
    const each = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
    this.#sums = each(layers, () => each(heads, () => new Float64Array(SHARES.length)));
    this.#probability = each(layers, () => new Float64Array(WIDTH));
    this.#lift = each(layers, () => new Float64Array(WIDTH));
  }

  get texts(): number {
    return this.#texts;
  }

  /**
   * Adds a text of n tokens: `special` [n], not 0 where a token is special, and for every layer its probabilities
   * [heads, n, n], rows that ask first. A text of special tokens alone counts nothing.
   */
  add(special: ArrayLike<number>, layers: readonly ArrayLike<number>[]): void {
    const n = special.length;
    const expected = this.heads * n * n;
    if (layers.length !== this.layers || layers.some(({ length }) => length !== expected)) {
      throw new Error(`a text of ${n} tokens has ${this.layers} layers of ${expected} probabilities`);
    }
    const asking = Array.from({ length: n }, (_, i) => i).filter((i) => !special[i]);
    if (asking.length === 0) return;
    this.#texts++;
    this.#tokens += asking.length;
    const row = new Float64Array(n).fill(1 / n);
    for (const i of asking) {
      addShares(this.#uniform, row, 0, i, special);
      for (let j = 0; j < n; j++) if (!special[j] && isNear(i - j)) this.#pairs[i - j + MAX_DISTANCE]!++;
    }
    for (const [layer, probabilities] of layers.entries()) {
      for (let head = 0; head < this.heads; head++) {
        for (const i of asking) {
          const from = (head * n + i) * n;
          addShares(this.#sums[layer]![head]!, probabilities, from, i, special);
          this.#addDistances(layer, probabilities, from, i, special);
        }
      }
    }
  }

  /** Means over all that was added. Throws when nothing was. */
  report(of: { model: string; dataset: string }): AttentionReport {
    if (this.#tokens === 0) throw new Error('no text was added');
    const share = (sums: ArrayLike<number>): Shares =>
      Object.fromEntries(
        SHARES.map((name, s) => [name, rounded(sums[s]! / this.#tokens)]),
      ) as unknown as Shares;
    const layers = this.#sums.map((heads, layer) => ({
      layer,
      ...share(meanOf(heads)),
      heads: heads.map((sums, head) => ({ head, ...share(sums) })),
      by_distance: this.#byDistance(this.#probability[layer]!, this.#lift[layer]!),
    }));
    return {
      object: 'attention_report',
      ...of,
      texts: this.#texts,
      tokens: this.#tokens,
      reach: { diagonal: DIAGONAL_REACH, local: LOCAL_REACH },
      uniform: share(this.#uniform),
      all: share(meanOf(this.#sums.flat())),
      layers,
      distances: Array.from({ length: WIDTH }, (_, at) => at - MAX_DISTANCE),
      by_distance: this.#byDistance(meanOf(this.#probability), meanOf(this.#lift)),
    };
  }

  #addDistances(
    layer: number,
    probabilities: ArrayLike<number>,
    from: number,
    i: number,
    special: ArrayLike<number>,
  ): void {
    const n = special.length;
    for (let j = Math.max(0, i - MAX_DISTANCE); j <= Math.min(n - 1, i + MAX_DISTANCE); j++) {
      if (special[j]) continue;
      const at = i - j + MAX_DISTANCE;
      this.#probability[layer]![at]! += probabilities[from + j]!;
      this.#lift[layer]![at]! += probabilities[from + j]! * n;
    }
  }

  #byDistance(probability: Float64Array, lift: Float64Array): ByDistance {
    const mean = (sums: Float64Array) =>
      Array.from(sums, (sum, at) => {
        const pairs = this.#pairs[at]! * this.heads;
        return pairs === 0 ? null : rounded(sum / pairs);
      });
    return { probability: mean(probability), lift: mean(lift) };
  }
}

/** Adds what one token's row of probabilities, which begins at `from`, gives to each share. */
function addShares(
  sums: Float64Array,
  probabilities: ArrayLike<number>,
  from: number,
  i: number,
  special: ArrayLike<number>,
): void {
  const n = special.length;
  for (let j = 0; j < n; j++) {
    const probability = probabilities[from + j]!;
    const distance = Math.abs(i - j);
    if (j === 0) sums[4]! += probability;
    if (special[j]) sums[3]! += probability;
    else {
      if (distance === 0) sums[0]! += probability;
      if (distance <= DIAGONAL_REACH) sums[1]! += probability;
      if (distance <= LOCAL_REACH) sums[2]! += probability;
    }
  }
}

const isNear = (distance: number): boolean => Math.abs(distance) <= MAX_DISTANCE;

function meanOf(rows: readonly Float64Array[]): Float64Array {
  return rows[0]!.map((_, at) => rows.reduce((sum, row) => sum + row[at]!, 0) / rows.length);
}

/** Six places: what follows is noise of float32. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
