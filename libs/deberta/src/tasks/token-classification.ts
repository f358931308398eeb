import type {
  Entity,
  TextItem,
  TokenClassificationOutput,
  TokenClassificationParameters,
} from '@heddle/contracts';
import type { Encoding } from '../tokenizer/encoding.js';
import { grouped, type Span, type TaggedToken, tokenSpans, wordSpans } from './entities.js';
import { softmax } from './scores.js';
import { logitsFor, type RowTensor, type ServedModel, type TaskHandler } from './task.js';
import { inUnits, type UnitText } from './text-units.js';

const BLANK = /^\s$/u;

/**
 * A label for every token, word or entity. Grouping as in transformers' TokenClassificationPipeline; `word` is
 * always the exact slice of the text that `start` and `end` name.
 */
export const tokenClassification: TaskHandler<
  TextItem,
  TokenClassificationParameters,
  TokenClassificationOutput
> = {
  encode: async (item, parameters, { tokenizer, maxTokens }) => {
    const { truncate, truncation_side: truncationSide } = parameters;
    const options = { maxTokens, truncate, truncationSide, offsets: true };
    return [logitsFor(await tokenizer.encode({ text: textOf(item) }, options))];
  },

  decode: (item, parameters, [sequence], [row], model) => {
    const text = inUnits(textOf(item), parameters.offsets);
    const tokens = tag(text.characters, sequence!.encoding, row!.logits!, model);
    const ignored = new Set(parameters.ignore_labels);
    const { aggregation_strategy: strategy } = parameters;
    if (strategy === 'none') {
      const spans = tokenSpans(tokens, model.labels).map((span, i) => ({ span, index: tokens[i]!.index }));
      return {
        entities: spans
          .filter(({ span }) => !ignored.has(span.label))
          .map(({ span, index }) => ({ entity: span.label, index, ...placed(span, text) })),
      };
    }
    const spans =
      strategy === 'simple' ? tokenSpans(tokens, model.labels) : wordSpans(tokens, model.labels, strategy);
    return {
      entities: grouped(spans)
        .filter((span) => !ignored.has(span.label))
        .map((span) => ({ entity_group: span.label, ...placed(span, text) })),
    };
  },
};

function textOf(item: TextItem): string {
  return typeof item === 'string' ? item : item.text;
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
    const unknown = encoding.ids[index] === model.tokenizer.unknownId;
    const continues = !unknown && start > 0 && !characters.slice(start - 1, start + 1).includes(' ');
    tokens.push({ index, start, end, continues, scores });
  }
  return tokens;
}

/** A span without the blanks around it: a piece's offsets often include the blank before the word. */
function placed(span: Span, text: UnitText): Pick<Entity, 'score' | 'word' | 'start' | 'end'> {
  let { start, end } = span;
  while (start < end && BLANK.test(text.characters[start]!)) start++;
  while (end > start && BLANK.test(text.characters[end - 1]!)) end--;
  return {
    score: Math.fround(span.score),
    word: text.characters.slice(start, end).join(''),
    start: text.position(start),
    end: text.position(end),
  };
}
