import { setImmediate } from 'node:timers/promises';
import type {
  Entity,
  TextItem,
  TokenClassificationOutput,
  TokenClassificationParameters,
} from '@heddle/contracts';
import { float32 } from '@heddle/contracts';
import type { Encoding } from '../tokenizer/encoding.js';
import { grouped, merged, type Span, type TaggedToken, tokenSpans, wordSpans } from './entities.js';
import { softmax } from './scores.js';
import {
  type ForwardRow,
  logitsFor,
  type RowTensor,
  type Sequence,
  type ServedModel,
  type TaskHandler,
} from './task.js';
import { inUnits, sliceOf, textOf, type UnitText } from './text-units.js';
import { tokenLogits, withLogits } from './token-logits.js';
import { encodeInWindows } from './windows.js';

/**
 * A label for every token, word or entity. Grouping as in transformers' TokenClassificationPipeline; `word` is
 * always the exact slice of the text that `start` and `end` name.
 */
export const tokenClassification: TaskHandler<
  TextItem,
  TokenClassificationParameters,
  TokenClassificationOutput
> = {
  encode: async (item, parameters, { tokenizer, maxTokens, labels }) => {
    const text = textOf(item);
    const { truncate, truncation_side: truncationSide, stride } = parameters;
    const options = { maxTokens, truncate, truncationSide, offsets: true };
    const encodings =
      stride > 0
        ? await encodeInWindows(tokenizer, { text, maxTokens, stride })
        : [await tokenizer.encode({ text }, options)];
    const sequences = encodings.map(logitsFor);
    return parameters.return_logits ? withLogits(sequences, labels.length) : sequences;
  },

  decode: async (item, parameters, sequences, rows, model) => {
    const text = inUnits(textOf(item), parameters.offsets);
    const entities = await findEntities(parameters, sequences, rows, text, model);
    const logits = parameters.return_logits ? { logits: tokenLogits(sequences, rows, ['logits']) } : {};
    if (parameters.aggregation_strategy === 'none') {
      return {
        entities: entities.map((span) => {
          const [[token]] = span.words as [[TaggedToken]];
          return { entity: span.label, index: token.index, ...placed(span, text) };
        }),
        ...logits,
      };
    }
    const shown = entities.map((span) => ({ entity_group: span.label, ...placed(span, text) }));
    return { entities: shown, ...logits };
  },
};

/** The entities, or tokens, whose labels are not ignored; in code points, blanks at their edges included. */
export async function findEntities(
  parameters: TokenClassificationParameters,
  sequences: Sequence[],
  rows: ForwardRow[],
  text: UnitText,
  model: ServedModel,
): Promise<Span[]> {
  const ignored = new Set(parameters.ignore_labels);
  const spans: Span[] = [];
  for (const [i, { encoding }] of sequences.entries()) {
    // A window takes some milliseconds, and a text may have hundreds.
    if (i > 0) await setImmediate();
    const tokens = tag(text.characters, encoding, rows[i]!.logits!, model);
    if (parameters.words === 'blanks') joinWords(tokens, wordsBetweenBlanks(text.characters));
    const found = spansOf(tokens, parameters, model.labels);
    spans.push(...found.filter(({ label }) => !ignored.has(label)));
  }
  return sequences.length > 1 ? merged(spans) : spans;
}

function spansOf(
  tokens: TaggedToken[],
  { aggregation_strategy: strategy }: TokenClassificationParameters,
  labels: string[],
): Span[] {
  if (strategy === 'none') return tokenSpans(tokens, labels);
  return grouped(strategy === 'simple' ? tokenSpans(tokens, labels) : wordSpans(tokens, labels, strategy));
}

/** Every token that is not special, with its label probabilities. `logits` is [length, labels]. */
function tag(characters: string[], encoding: Encoding, logits: RowTensor, model: ServedModel): TaggedToken[] {
  const labels = model.labels.length;
  const tokens: TaggedToken[] = [];
  for (let index = 0; index < encoding.length; index++) {
    if (encoding.special[index]) continue;
    const start = encoding.offsets![index * 2]!;
    const end = encoding.offsets![index * 2 + 1]!;
    const scores = softmax(logits.data.subarray(index * labels, (index + 1) * labels));
    const unknown = encoding.ids[index] === model.tokenizer.special.unk;
    const continues = !unknown && start > 0 && !characters.slice(start - 1, start + 1).includes(' ');
    tokens.push({ id: encoding.ids[index]!, index, start, end, continues, scores });
  }
  return tokens;
}

/** A token continues a word where the one before is of it too. */
function joinWords(tokens: TaggedToken[], wordAt: Uint32Array): void {
  for (const [i, token] of tokens.entries())
    token.continues = i > 0 && wordAt[token.start] === wordAt[tokens[i - 1]!.start];
}

/** For each character, and the end, the number of its word; a blank is of the word after it, as a piece of only a blank is. */
function wordsBetweenBlanks(characters: string[]): Uint32Array {
  const words = new Uint32Array(characters.length + 1);
  let word = 0;
  for (const [i, character] of characters.entries()) {
    if (character !== ' ' && (i === 0 || characters[i - 1] === ' ')) word++;
    words[i] = character === ' ' ? word + 1 : word;
  }
  words[characters.length] = word + 1;
  return words;
}

function placed(span: Span, text: UnitText): Pick<Entity, 'score' | 'word' | 'start' | 'end'> {
  const { slice, ...place } = sliceOf(text, span.start, span.end);
  return { score: float32(span.score), word: slice, ...place };
}
