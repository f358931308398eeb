import { setImmediate } from 'node:timers/promises';
import {
  type Filling,
  type FillMaskOutput,
  type FillMaskParameters,
  float32,
  HeddleError,
  type TextItem,
} from '@heddle/contracts';
import type { Encoding } from '../tokenizer/encoding.js';
import { scoredTokens, tokenSequences } from './causal-scoring.js';
import { type Target, targetsOf } from './mask-targets.js';
import { logSumExp, topIndices } from './scores.js';
import type { ForwardRow, RowTensor, ServedModel, TaskHandler } from './task.js';
import { textOf } from './text-units.js';

/** Fillings of one mask at most, whatever `top_k` says. */
const MAX_FILLINGS = 1000;
/** Masks that one sequence asks for: the answer for one is a row of the vocabulary, half a megabyte and more. */
const MASKS_PER_SEQUENCE = 64;
/** Tokens of all sequences of an item together: decoding them takes seconds of this process. */
const MAX_DECODED_TOKENS = 2_000_000;
/** Sequences that are decoded in one go, each for up to a millisecond; then others have a turn. */
const DECODED_AT_ONCE = 8;
/** JSON of a filling besides its sequence. */
const FILLING_BYTES = 128;
const OUTPUTS = ['logits'];

/**
 * What may stand where the text says [MASK], with probabilities over the whole vocabulary. With `causal` every
 * position sees itself and what is before it only, and a text without masks is scored token by token.
 */
export const fillMask: TaskHandler<TextItem, FillMaskParameters, FillMaskOutput> = {
  encode: async (item, parameters, model) => {
    const text = textOf(item);
    const { truncate, truncation_side: truncationSide, causal } = parameters;
    const { tokenizer, maxTokens } = model;
    const options = { maxTokens, truncate, truncationSide, offsets: causal };
    const encoding = await tokenizer.encode({ text }, options);
    const { mask } = tokenizer.special;
    if (mask === null) throw new HeddleError('no-mask-token', "The model's vocabulary has no [MASK].");
    const masks = [...encoding.ids.keys()].filter((position) => encoding.ids[position] === mask);
    if (masks.length === 0 && causal) return tokenSequences(encoding, mask, model);
    if (masks.length === 0) throw new HeddleError('no-mask-token', 'The text that is read has no [MASK].');
    const targets = await targetsOf(parameters.targets, tokenizer);
    const choice = targets.length || model.architecture.vocabSize;
    const count = Math.min(parameters.top_k, MAX_FILLINGS, choice);
    const maskBytes = count * (Buffer.byteLength(text) + FILLING_BYTES);
    if (masks.length * count * encoding.length > MAX_DECODED_TOKENS) {
      throw new HeddleError(
        'output-too-large',
        `The sequences of ${masks.length} masks with ${count} fillings each would have more than ${MAX_DECODED_TOKENS} tokens; ask for a smaller top_k, or for fewer masks at a time.`,
        { extra: { max: MAX_DECODED_TOKENS, actual: masks.length * count * encoding.length } },
      );
    }
    return inChunks(masks, MASKS_PER_SEQUENCE).map((positions) => ({
      encoding,
      graph: causal ? 'causal' : 'main',
      outputs: OUTPUTS,
      positions: Int32Array.from(positions),
      outputBytes: positions.length * model.architecture.vocabSize * Float32Array.BYTES_PER_ELEMENT,
      answerBytes: positions.length * maskBytes,
      keep: (row) => likeliest(row.logits!, count, targets),
    }));
  },

  decode: async (item, parameters, sequences, rows, model) => {
    if (rows.every((row) => row.logProb)) return scoredTokens(item, parameters, sequences, rows, model);
    const targets = await targetsOf(parameters.targets, model.tokenizer);
    const warnings = new Map(targets.map(({ id, warning }) => [id, warning]));
    const alone = rows.length === 1 && sequences[0]!.positions!.length === 1;
    const masks: Filling[][] = [];
    for (const [i, { encoding, positions }] of sequences.entries()) {
      for (const [mask, position] of positions!.entries()) {
        const answers = answersOf(rows[i]!, mask);
        masks.push(await fillings(encoding, position, answers, { alone, warnings, model }));
      }
    }
    return { masks };
  },
};

function inChunks(values: number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i) =>
    values.slice(i * size, (i + 1) * size),
  );
}

/** The best tokens of every mask, of `targets` if there are any: `ids` and their `probabilities`, [masks, count]. */
function likeliest(
  { data, shape: [masks = 0, size = 0] }: RowTensor,
  top: number,
  targets: Target[],
): ForwardRow {
  const count = Math.min(top, targets.length || size);
  const ids = new Float32Array(masks * count);
  const probabilities = new Float32Array(masks * count);
  for (let mask = 0; mask < masks; mask++) {
    const logits = data.subarray(mask * size, (mask + 1) * size);
    const sum = logSumExp(logits);
    const asked = targets.length > 0 ? targets.map(({ id }) => logits[id]!) : logits;
    for (const [rank, i] of topIndices(asked, count).entries()) {
      ids[mask * count + rank] = targets[i]?.id ?? i;
      probabilities[mask * count + rank] = Math.exp(asked[i]! - sum);
    }
  }
  const shape = [masks, count];
  return { ids: { data: ids, shape }, probabilities: { data: probabilities, shape } };
}

function answersOf({ ids, probabilities }: ForwardRow, mask: number): { id: number; score: number }[] {
  const count = ids!.shape[1]!;
  return Array.from({ length: count }, (_, rank) => ({
    id: ids!.data[mask * count + rank]!,
    score: float32(probabilities!.data[mask * count + rank]!),
  }));
}

interface FillingContext {
  /** The only mask of its text: special tokens are left out of the sequence, for none of them is a mask. */
  alone: boolean;
  warnings: Map<number, string | undefined>;
  model: ServedModel;
}

async function fillings(
  encoding: Encoding,
  position: number,
  answers: { id: number; score: number }[],
  { alone, warnings, model: { tokenizer } }: FillingContext,
): Promise<Filling[]> {
  const filled: Filling[] = [];
  for (const { id, score } of answers) {
    const ids = encoding.ids.with(position, id).filter((other) => other !== tokenizer.special.pad);
    const warning = warnings.get(id);
    filled.push({
      token: tokenizer.decode([id], { skipSpecialTokens: false }),
      token_id: id,
      score,
      sequence: tokenizer.decode(ids, { skipSpecialTokens: alone }),
      ...(warning === undefined ? {} : { warning }),
    });
    if (filled.length % DECODED_AT_ONCE === 0) await setImmediate();
  }
  return filled;
}
