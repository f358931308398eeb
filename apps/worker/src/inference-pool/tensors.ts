import type { Encoding } from '@heddle/deberta';
import type { Row } from '../batcher/batcher.js';

/** Sequences as one padded batch: `inputIds` and `attentionMask` are [batch, length], row-major. */
export function padded(encodings: Encoding[]): {
  inputIds: Int32Array;
  attentionMask: Uint8Array;
  batch: number;
  length: number;
} {
  const batch = encodings.length;
  const length = Math.max(...encodings.map((encoding) => encoding.length));
  // Id 0 is [PAD] in every DeBERTa vocabulary; the mask makes its value irrelevant to real tokens.
  const inputIds = new Int32Array(batch * length);
  const attentionMask = new Uint8Array(batch * length);
  encodings.forEach((encoding, row) => {
    inputIds.set(encoding.ids, row * length);
    attentionMask.fill(1, row * length, row * length + encoding.length);
  });
  return { inputIds, attentionMask, batch, length };
}

/**
 * A batch of logits as one row a sequence. `shape` is [batch, labels], or [batch, length, labels] whose rows
 * lose their padding.
 */
export function split(
  output: { logits: Float32Array; shape: number[]; nonFiniteRows: number[] },
  encodings: Encoding[],
  paddedLength: number,
): Row[] {
  const perToken = output.shape.length === 3;
  const labels = output.shape[output.shape.length - 1]!;
  const stride = perToken ? paddedLength * labels : labels;
  const nonFinite = new Set(output.nonFiniteRows);
  return encodings.map((encoding, row) => {
    const size = perToken ? encoding.length * labels : labels;
    return {
      logits: output.logits.slice(row * stride, row * stride + size),
      shape: perToken ? [encoding.length, labels] : [labels],
      finite: !nonFinite.has(row),
    };
  });
}
