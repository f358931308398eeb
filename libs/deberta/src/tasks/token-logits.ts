import { float32s } from './float32.js';
import { bytesOf } from './output-size.js';
import type { RowTensor, Sequence } from './task.js';

/** Sequences whose answers hold so many logits a token. */
export function withLogits(sequences: Sequence[], logitsPerToken: number): Sequence[] {
  return sequences.map((sequence) => ({
    ...sequence,
    answerBytes: bytesOf(sequence.encoding.length * logitsPerToken, 'float'),
  }));
}

/** [tokens][columns]; a column is one number a token, `[tokens, k]` is k of them. Windows come one after the other. */
export function tokenLogits(windows: readonly (readonly RowTensor[])[]): number[][] {
  return windows.flatMap((tensors) => {
    const parts = tensors.map(({ data, shape: [tokens, columns = 1] }) => ({
      columns,
      tokens: tokens!,
      numbers: float32s(data),
    }));
    return Array.from({ length: parts[0]!.tokens }, (_, token) =>
      parts.flatMap(({ numbers, columns }) => numbers.slice(token * columns, (token + 1) * columns)),
    );
  });
}
