import type { FillMaskOutput, FillMaskParameters, TextItem } from '@heddle/contracts';
import { float32 } from '@heddle/contracts';
import type { Encoding } from '../tokenizer/encoding.js';
import { logSumExp } from './scores.js';
import type { ForwardRow, RowTensor, Sequence, ServedModel } from './task.js';
import { inUnits, sliceOf, textOf } from './text-units.js';

const OUTPUTS = ['logits'];

/**
 * One sequence for every token t of the text: the tokens before t as they are, [MASK] in place of t, every position
 * attending to itself and what is before it. Position t answers how likely each token of the vocabulary is after
 * what is before it. What follows t could not be seen and is left out, which changes nothing but the cost.
 */
export function tokenSequences(encoding: Encoding, mask: number, model: ServedModel): Sequence[] {
  const tokens = [...encoding.special.keys()].filter((position) => !encoding.special[position]);
  return tokens.map((position, i) => ({
    encoding: masked(encoding, position, mask, i === 0),
    graph: 'causal',
    outputs: OUTPUTS,
    positions: Int32Array.of(position),
    outputBytes: model.architecture.vocabSize * Float32Array.BYTES_PER_ELEMENT,
    keep: (row) => logProbability(row.logits!, encoding.ids[position]!),
  }));
}

/** The tokens of the text with the logarithms of their probabilities, and of the text's. */
export function scoredTokens(
  item: TextItem,
  parameters: FillMaskParameters,
  sequences: Sequence[],
  rows: ForwardRow[],
  { tokenizer }: ServedModel,
): FillMaskOutput {
  const text = inUnits(textOf(item), parameters.offsets);
  const tokens = sequences.map(({ encoding: { offsets, length } }, i) => {
    const [logProb, id] = rows[i]!.logProb!.data as unknown as [number, number];
    const { start, end } = sliceOf(text, offsets![length * 2 - 2]!, offsets![length * 2 - 1]!);
    return { token: tokenizer.idToToken(id) ?? '', start, end, log_prob: float32(logProb) };
  });
  return { tokens, log_prob: float32(tokens.reduce((sum, token) => sum + token.log_prob, 0)) };
}

/** Tokens 0 … position, the last of them masked. */
function masked(encoding: Encoding, position: number, mask: number, isFirst: boolean): Encoding {
  const length = position + 1;
  return {
    ids: encoding.ids.slice(0, length).with(position, mask),
    length,
    special: encoding.special.subarray(0, length),
    typeIds: encoding.typeIds.subarray(0, length),
    pairStart: length,
    offsets: encoding.offsets!.subarray(0, length * 2),
    words: null,
    tokens: null,
    // Counted once for the whole text.
    truncated: isFirst ? encoding.truncated : 0,
  };
}

/** [log P(token), token] from its logits, [1, vocabulary]; token ids are exact in float32. */
function logProbability({ data }: RowTensor, token: number): ForwardRow {
  const logProb = data[token]! - logSumExp(data);
  return { logProb: { data: Float32Array.of(logProb, token), shape: [2] } };
}
