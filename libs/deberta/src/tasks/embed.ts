import {
  type EmbedOutput,
  type EmbedParameters,
  HeddleError,
  type TextItem,
  type Vector,
} from '@heddle/contracts';
import { float32s } from './float32.js';
import { bytesOf, refuseTooLarge } from './output-size.js';
import { placedToken } from './placed-tokens.js';
import type { ServedModel, TaskHandler } from './task.js';
import { inUnits, textOf } from './text-units.js';
import { base64, normalized } from './vectors.js';

const TOKENS = ['tokens'];
const POOLED = { mean: ['mean'], cls: ['cls'] };

/** A vector for a text, or for each of its tokens. */
export const embed: TaskHandler<TextItem, EmbedParameters, EmbedOutput> = {
  encode: async (item, parameters, model) => {
    const { tokenizer, maxTokens } = model;
    checkDimensions(parameters, model);
    const { truncate, truncation_side: truncationSide, level } = parameters;
    const options = { maxTokens, truncate, truncationSide, offsets: level === 'token' };
    const encoding = await tokenizer.encode({ text: textOf(item) }, options);
    if (level === 'text') {
      return [{ encoding, graph: 'main', outputs: POOLED[poolingOf(parameters, model)] }];
    }
    const numbers = encoding.length * (parameters.dimensions ?? model.architecture.hiddenSize);
    const answerBytes = bytesOf(numbers, parameters.encoding);
    refuseTooLarge(answerBytes, 'Ask for fewer dimensions, or for base64.');
    return [{ encoding, graph: 'main', outputs: TOKENS, answerBytes }];
  },

  decode: (item, parameters, [sequence], [row], model) => {
    if (parameters.level === 'text') {
      const { data } = row![sequence!.outputs[0]!]!;
      return { embedding: vectorOf(data, parameters) };
    }
    const text = inUnits(textOf(item), parameters.offsets);
    const { encoding } = sequence!;
    const { data, shape } = row!.tokens!;
    const size = shape[1]!;
    const tokens = Array.from({ length: encoding.length }, (_, i) => i);
    return {
      embeddings: tokens.map((i) => vectorOf(data.subarray(i * size, (i + 1) * size), parameters)),
      tokens: tokens.map((i) => placedToken(encoding, i, text, model.tokenizer)),
    };
  },
};

function checkDimensions({ dimensions }: EmbedParameters, { architecture }: ServedModel): void {
  const { hiddenSize } = architecture;
  if (dimensions === undefined || dimensions <= hiddenSize) return;
  throw new HeddleError('invalid-input', `The model's vectors have ${hiddenSize} dimensions.`, {
    extra: { max: hiddenSize, actual: dimensions },
  });
}

function poolingOf({ pooling: wished }: EmbedParameters, { pooling }: ServedModel): 'mean' | 'cls' {
  const chosen = wished ?? pooling;
  if (chosen) return chosen;
  throw new HeddleError(
    'invalid-input',
    'The model makes its vectors in a way that is not supported; say with pooling which one you want.',
    { extra: { supported: Object.keys(POOLED) } },
  );
}

function vectorOf(data: Float32Array, { dimensions, normalize, encoding }: EmbedParameters): Vector {
  const cut = data.subarray(0, dimensions);
  const vector = normalize ? normalized(cut) : cut;
  return encoding === 'base64' ? base64(vector) : float32s(vector);
}
