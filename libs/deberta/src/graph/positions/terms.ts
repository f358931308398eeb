import type { Value } from '@heddle/onnx';

/**
 * The two position terms of the scores of some queries with all keys, from a layer's tables [heads, 2·span, d].
 * A term of the pair (i, j) depends on the distance i − j alone, and both terms use the same row for it
 * (docs/how-the-compiler-works.md says why).
 */
export interface PositionTerms {
  /** q_i · PK[i−j]. q [B, h, n, d] → [B, h, n, L] */
  contentToPosition(q: Value, table: Value): Value;
  /** k_j · PQ[i−j]. k [B, h, L, d] → [B, h, n, L] */
  positionToContent(k: Value, table: Value): Value;
}

/** The same for all tokens as queries and one head, of its table [2·span, d]. q, k [B, L, d] → [B, L, L] */
export interface HeadPositionTerms {
  contentToPosition(q: Value, table: Value): Value;
  positionToContent(k: Value, table: Value): Value;
}
