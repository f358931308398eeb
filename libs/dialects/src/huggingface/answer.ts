import type {
  FillMaskOutput,
  QuestionAnsweringOutput,
  TaskOutput,
  TokenClassificationOutput,
} from '@heddle/contracts';
import type { Answered } from '../call.js';
import { cosines, rankingOf, scoresOf, vectorOf } from '../shared/outputs.js';
import type { HuggingfaceBody } from './body.js';
import type { HuggingfaceTask } from './kinds.js';

/**
 * What the clients take from each task. `labels`: of the model. Lists of inputs have lists of answers; labels and vectors of
 * one text are in a list too, of which the clients take the first.
 */
export function huggingfaceAnswerOf(
  kind: HuggingfaceTask,
  { inputs, parameters }: HuggingfaceBody,
  { outputs }: Answered,
  labels: readonly string[],
): unknown {
  switch (kind) {
    case 'text-classification':
    case 'sentiment-analysis':
      return outputs.map((output) => scoresOf(output, labels));
    case 'feature-extraction':
      return outputs.map(vectorOf);
    case 'sentence-similarity':
      return cosines(outputs.map(vectorOf));
    case 'text-ranking':
    case 'sentence-ranking': {
      const { texts } = inputs as { texts: string[] };
      const shown = parameters?.return_text === true;
      return rankingOf(outputs[0]!).map(({ index, score }) => ({
        index,
        ...(shown ? { text: texts[index]! } : {}),
        score,
      }));
    }
    case 'zero-shot-classification':
      return oneOrAll(inputs, outputs, (output) => scoresOf(output, []));
    case 'token-classification':
    case 'ner':
      return oneOrAll(inputs, outputs, (output) => (output as TokenClassificationOutput).entities);
    case 'question-answering':
      return oneOrAll(inputs, outputs, (output) => answersOf(output, parameters?.top_k));
    case 'fill-mask':
      return oneOrAll(inputs, outputs, fillingsOf);
  }
}

function oneOrAll(
  inputs: HuggingfaceBody['inputs'],
  outputs: TaskOutput[],
  shown: (output: TaskOutput) => unknown,
) {
  return Array.isArray(inputs) ? outputs.map(shown) : shown(outputs[0]!);
}

/** One answer is no list. */
function answersOf(output: TaskOutput, topK: unknown): unknown {
  const { answers } = output as QuestionAnsweringOutput;
  return typeof topK === 'number' && topK > 1 ? answers : answers[0];
}

/** One mask is a list of fillings, several are a list of such lists. */
function fillingsOf(output: TaskOutput): unknown {
  const { masks } = output as Extract<FillMaskOutput, { masks: unknown }>;
  const all = masks.map((fillings) =>
    fillings.map(({ token, token_id: id, score, sequence }) => ({
      score,
      token: id,
      token_str: token,
      sequence,
    })),
  );
  return all.length === 1 ? all[0] : all;
}
