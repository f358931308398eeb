import type { ChoiceItem, QuestionAnsweringParameters, QuestionItem } from '../tasks/answers.js';
import type { TokenClassificationParameters, ZeroShotParameters } from '../tasks/classification.js';
import type { Task } from '../tasks/index.js';
import type { RerankItem } from '../tasks/ranking.js';
import { textsIn } from './item-texts.js';

/** Characters a token stands for, on average over European languages; the estimate only sizes the window. */
const CHARS_PER_TOKEN = 4;
const SPECIAL_TOKENS = 3;

/** Estimated tokens of all sequences that an item is answered with. `maxTokens` is the longest of them. */
export function costOf(
  task: Task,
  item: unknown,
  parameters: Record<string, unknown>,
  maxTokens: number,
): number {
  const sequence = (...texts: string[]) =>
    Math.min(maxTokens, SPECIAL_TOKENS + texts.reduce((sum, text) => sum + tokensOf(text), 0));
  const whole = () => sequence(...textsIn(item, '').map(({ text }) => text));
  const sum = (costs: number[]) => costs.reduce((total, cost) => total + cost, 0);
  switch (task) {
    case 'zero-shot-classification': {
      const { candidate_labels: labels, hypothesis_template: template } = parameters as ZeroShotParameters;
      return sum(labels.map((label) => whole() + tokensOf(template + label)));
    }
    case 'multiple-choice': {
      const { prompt, choices } = item as ChoiceItem;
      return sum(choices.map((choice) => sequence(prompt, choice)));
    }
    case 'rerank': {
      const { query, documents } = item as RerankItem;
      return sum(
        documents.map((document) => sequence(query, typeof document === 'string' ? document : document.text)),
      );
    }
    case 'question-answering': {
      const { question, context } = item as QuestionItem;
      const { max_seq_len: length, doc_stride: stride = length / 2 } =
        parameters as QuestionAnsweringParameters;
      return windowed(tokensOf(context), tokensOf(question), Math.min(length, maxTokens), stride);
    }
    case 'token-classification': {
      const { stride } = parameters as TokenClassificationParameters;
      const [text] = textsIn(item, '');
      return stride === 0 ? whole() : windowed(tokensOf(text!.text), 0, maxTokens, stride);
    }
    case 'fill-mask':
      // Scored token by token, a text of n tokens is n sequences of half its length on average.
      return parameters.causal && !textsIn(item, '')[0]!.text.includes('[MASK]')
        ? Math.ceil(whole() ** 2 / 2)
        : whole();
    case 'text-classification':
    case 'embed': {
      const given = (item as { token_ids?: number[] }).token_ids;
      return given ? Math.min(maxTokens, SPECIAL_TOKENS + given.length) : whole();
    }
    default:
      return whole();
  }
}

function tokensOf(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** Tokens of the windows over a text, each with `before` tokens of another; at most half a window overlaps. */
function windowed(text: number, before: number, length: number, stride: number): number {
  const room = Math.max(1, length - before - SPECIAL_TOKENS);
  if (text <= room) return text + before + SPECIAL_TOKENS;
  const step = Math.max(1, room - Math.min(stride, room / 2));
  return Math.ceil((text - room) / step + 1) * length;
}
