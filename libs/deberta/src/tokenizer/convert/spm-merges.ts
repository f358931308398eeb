import { refuse } from '../refuse.js';
import type { SpmPiece } from '../sentencepiece/model.js';

/** SentencePiece's own limit is 16 characters a piece unless a trainer raises it. */
const MAX_PIECE_CHARS = 128;
/** Pieces' characters in all, each of which is a place to split; mDeBERTa's 250,000 pieces have two million. */
const MAX_SPLITS = 8_000_000;

/**
 * The merges of a BPE model, which SentencePiece does not store: every way to split a piece into two others, pieces
 * with the highest score first (transformers' generate_merges).
 */
export function mergesOf(pieces: SpmPiece[], file: string): [string, string][] {
  const ids = new Map(pieces.map(({ text }, id) => [text, id]));
  const merges: { left: string; right: string; score: number; lengths: [number, number] }[] = [];
  let splits = 0;
  for (const { text, score } of pieces) {
    const chars = Array.from(text);
    splits += chars.length;
    if (chars.length > MAX_PIECE_CHARS || splits > MAX_SPLITS)
      refuse(file, 'has BPE pieces that are too long');
    const found = [];
    for (let i = 1; i < chars.length; i++) {
      const left = chars.slice(0, i).join('');
      const right = chars.slice(i).join('');
      if (ids.has(left) && ids.has(right))
        found.push({ left, right, score, lengths: [i, chars.length - i] as [number, number] });
    }
    found.sort((a, b) => ids.get(a.left)! - ids.get(b.left)! || ids.get(a.right)! - ids.get(b.right)!);
    merges.push(...found);
  }
  merges.sort((a, b) => b.score - a.score || b.lengths[0] - a.lengths[0] || b.lengths[1] - a.lengths[1]);
  return merges.map(({ left, right }) => [left, right]);
}
