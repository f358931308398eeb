import type { VersionManifest } from '@heddle/contracts';
import { type Encoding, sigmoid, softmax } from '@heddle/deberta';
import type { ForwardOutput } from '@heddle/runtime';
import type { Input } from './inputs.js';

/**
 * One thing a head says: how likely each of some classes is, a number, or a vector. Classes whose probabilities differ
 * by no more than `tie` are equally good; the best alone counts when it is absent.
 */
export type Answer =
  | { kind: 'choice'; probabilities: ArrayLike<number>; tie?: number }
  | { kind: 'value'; value: number }
  | { kind: 'vector'; vector: Float32Array };

export type AnsweringModel = Pick<VersionManifest, 'head' | 'problemType' | 'labels' | 'pooling'>;

/** Words whose probabilities differ by less are equally good: thousands compete, and the best has a tenth or two. */
const WORD_TIE = 0.01;

/** All answers to one input, whose sequences ran each alone: `outputs[i]` belongs to `sequences[i]`. */
export function answersOf(model: AnsweringModel, outputs: ForwardOutput[], input: Input): Answer[] {
  const [first] = outputs;
  const [encoding] = input.sequences;
  const named = (name: string) => first![name]!.data;
  const width = (name: string) => first![name]!.dims.at(-1)!;
  switch (model.head) {
    case 'sequence-classification':
      return classified(model, named('logits'));
    // The best class of every token of the text.
    case 'token-classification':
      return rowsOf(named('logits'), width('logits'))
        .filter((_, token) => encoding!.special[token] === 0)
        .map(choice);
    // Where the answer starts and where it ends, among the tokens of the context and [CLS].
    case 'question-answering':
      return ['start_logits', 'end_logits'].map((name) => choice(placesOf(named(name), encoding!)));
    // The best of the choices.
    case 'multiple-choice':
      return [choice(outputs.map(({ logits }) => logits!.data[0]!))];
    // The likeliest word of every mask, among all of the vocabulary, in which ties are the rule.
    case 'masked-lm':
      return rowsOf(named('logits'), width('logits')).map((logits) => ({ ...choice(logits), tie: WORD_TIE }));
    // Of every token of the text whether it was replaced.
    case 'replaced-token-detection':
      return Array.from(named('logits'))
        .filter((_, token) => encoding!.special[token] === 0)
        .map(yesOrNo);
    // The vector of the text.
    case 'features':
      return [{ kind: 'vector', vector: named(model.pooling === 'cls' ? 'cls' : 'mean') }];
  }
}

/** The best class; of several labels at once each by itself; a number of regressions. */
function classified({ problemType, labels }: AnsweringModel, logits: Float32Array): Answer[] {
  if (problemType === 'regression') return Array.from(logits, (value) => ({ kind: 'value', value }));
  if (problemType === 'multi_label_classification' || labels.length === 1) {
    return Array.from(logits, yesOrNo);
  }
  return [choice(logits)];
}

function choice(logits: ArrayLike<number>): Extract<Answer, { kind: 'choice' }> {
  return { kind: 'choice', probabilities: softmax(logits) };
}

function yesOrNo(logit: number): Answer {
  const yes = sigmoid(logit);
  return { kind: 'choice', probabilities: [1 - yes, yes] };
}

function rowsOf(data: Float32Array, size: number): Float32Array[] {
  return Array.from({ length: data.length / size }, (_, row) => data.subarray(row * size, (row + 1) * size));
}

function placesOf(logits: Float32Array, { pairStart, special }: Encoding): Float32Array {
  return logits.filter((_, token) => token === 0 || (token >= pairStart && special[token] === 0));
}
