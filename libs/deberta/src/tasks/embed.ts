import {
  type EmbedItem,
  type EmbedOutput,
  type EmbedParameters,
  float32s,
  HeddleError,
  type PlacedToken,
  type Vector,
} from '@heddle/contracts';
import type { Encoding } from '../tokenizer/encoding.js';
import { encodingOfIds } from '../tokenizer/given-ids.js';
import { bytesOf, refuseTooLarge } from './output-size.js';
import { placedToken } from './placed-tokens.js';
import type { ServedModel, TaskHandler } from './task.js';
import { inUnits, textOf } from './text-units.js';
import { base64, normalized } from './vectors.js';

const TOKENS = ['tokens'];
const POOLED = { mean: ['mean'], cls: ['cls'] };

/** A vector for a text, or for each of its tokens. */
export const embed: TaskHandler<EmbedItem, EmbedParameters, EmbedOutput> = {
  encode: async (item, parameters, model) => {
    checkDimensions(parameters, model);
    const { level } = parameters;
    const encoding = await encode(item, parameters, model);
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
    const { encoding } = sequence!;
    const placed = placing(item, encoding, parameters, model);
    const { data, shape } = row!.tokens!;
    const size = shape[1]!;
    const tokens = Array.from({ length: encoding.length }, (_, i) => i);
    return {
      embeddings: tokens.map((i) => vectorOf(data.subarray(i * size, (i + 1) * size), parameters)),
      tokens: tokens.map(placed),
    };
  },
};

async function encode(
  item: EmbedItem,
  { truncate, truncation_side: truncationSide, level }: EmbedParameters,
  { tokenizer, maxTokens, architecture: { vocabSize } }: ServedModel,
): Promise<Encoding> {
  const options = { maxTokens, truncate, truncationSide };
  if (hasIds(item)) return encodingOfIds(item.token_ids, tokenizer, { ...options, vocabSize });
  return tokenizer.encode({ text: textOf(item) }, { ...options, offsets: level === 'token' });
}

/** Where tokens are in the text; those that came as ids are nowhere. */
function placing(
  item: EmbedItem,
  encoding: Encoding,
  { offsets }: EmbedParameters,
  { tokenizer }: ServedModel,
): (token: number) => PlacedToken {
  if (hasIds(item))
    return (token) => ({ token: tokenizer.idToToken(encoding.ids[token]!) ?? '', start: null, end: null });
  const text = inUnits(textOf(item), offsets);
  return (token) => placedToken(encoding, token, text, tokenizer);
}

function hasIds(item: EmbedItem): item is Extract<EmbedItem, { token_ids: number[] }> {
  return typeof item === 'object' && 'token_ids' in item;
}

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
