import { PIECE_TYPE, type SpmModel, type SpmPiece } from './model.js';

/** How much worse than the worst piece an unknown character is (unigram_model.cc, kUnkPenalty). */
const UNKNOWN_PENALTY = 10;
const FLOAT32_MAX = (2 - 2 ** -23) * 2 ** 127;
/** What a user-defined piece earns for every byte beyond its first, so that it wins over its parts. */
const USER_DEFINED_BONUS = 0.1;
/** Sums beyond this are counted anew from zero, so that float32 still tells them apart in very long texts. */
const RESET_THRESHOLD = 100_000;

/** A piece of a text, or characters that are in no piece and stand together. */
export interface Segment {
  text: string;
  isUnknown: boolean;
}

/**
 * SentencePiece's unigram segmentation (unigram_model.cc of 0.2.3, EncodeOptimized): the best path through all
 * pieces, scores summed in float32 as it does, so that ties fall the same way.
 */
export function unigramSegmenter(model: SpmModel): (normalized: string) => Segment[] {
  const pieces = new Map<string, SpmPiece>();
  /** Longest piece by first character, in characters. */
  const longest = new Map<string, number>();
  for (const piece of model.pieces) {
    const { text, type } = piece;
    if (type !== PIECE_TYPE.normal && type !== PIECE_TYPE.userDefined) continue;
    pieces.set(text, piece);
    const chars = Array.from(text);
    longest.set(chars[0]!, Math.max(longest.get(chars[0]!) ?? 0, chars.length));
  }
  const worst = model.pieces
    .filter(({ type }) => type === PIECE_TYPE.normal)
    .reduce((min, { score }) => Math.min(min, score), FLOAT32_MAX);
  const unknownScore = Math.fround(worst - UNKNOWN_PENALTY);
  const scoreOf = ({ text, type, score }: SpmPiece) =>
    type === PIECE_TYPE.userDefined ? Math.fround(USER_DEFINED_BONUS * (Buffer.byteLength(text) - 1)) : score;

  return (normalized) => {
    const chars = Array.from(normalized);
    const scores = new Float32Array(chars.length + 1);
    const starts = new Int32Array(chars.length + 1).fill(-1);
    const unknown = new Uint8Array(chars.length + 1);
    let frontier = 0;
    const offer = (start: number, end: number, pieceScore: number, isUnknown: boolean) => {
      const score = Math.fround(pieceScore + scores[start]!);
      frontier = Math.max(frontier, end);
      if (starts[end] !== -1 && score <= scores[end]!) return;
      scores[end] = score;
      starts[end] = start;
      unknown[end] = isUnknown ? 1 : 0;
    };
    for (let start = 0; start < chars.length; start++) {
      if (Math.abs(scores[start]!) > RESET_THRESHOLD) rebase(scores, start, frontier, starts);
      const reach = Math.min(chars.length - start, longest.get(chars[start]!) ?? 0);
      let text = '';
      let hasCharacter = false;
      for (let length = 1; length <= reach; length++) {
        text += chars[start + length - 1]!;
        const piece = pieces.get(text);
        if (!piece) continue;
        offer(start, start + length, scoreOf(piece), false);
        hasCharacter ||= length === 1;
      }
      if (!hasCharacter) offer(start, start + 1, unknownScore, true);
    }
    return backtrack(chars, starts, unknown);
  };
}

function rebase(scores: Float32Array, start: number, frontier: number, starts: Int32Array): void {
  const offset = scores[start]!;
  for (let i = start; i <= frontier; i++) if (i === start || starts[i] !== -1) scores[i]! -= offset;
}

function backtrack(chars: string[], starts: Int32Array, unknown: Uint8Array): Segment[] {
  const path: Segment[] = [];
  for (let end = chars.length; end > 0; end = starts[end]!) {
    const text = chars.slice(starts[end]!, end).join('');
    const isUnknown = unknown[end] === 1;
    const follower = path.at(-1);
    if (isUnknown && follower?.isUnknown) follower.text = text + follower.text;
    else path.push({ text, isUnknown });
  }
  return path.reverse();
}
