import { float32s } from '@heddle/contracts';
import { bytesOf } from './output-size.js';
import type { ForwardRow, Sequence } from './task.js';

/** Sequences whose answers hold so many logits a token. */
export function withLogits(sequences: Sequence[], logitsPerToken: number): Sequence[] {
  return sequences.map((sequence) => ({
    ...sequence,
    answerBytes: bytesOf(sequence.encoding.length * logitsPerToken, 'float'),
  }));
}

/** [tokens][numbers a token] of the outputs of these names, one beside the other; windows come one after the other. */
export function tokenLogits(
  sequences: readonly Sequence[],
  rows: readonly ForwardRow[],
  names: readonly string[],
): number[][] {
  return sequences.flatMap(({ encoding: { length } }, i) => {
    const outputs = names.map((name) => float32s(rows[i]![name]!.data));
    return Array.from({ length }, (_, token) =>
      outputs.flatMap((numbers) => {
        const perToken = numbers.length / length;
        return numbers.slice(token * perToken, (token + 1) * perToken);
      }),
    );
  });
}
