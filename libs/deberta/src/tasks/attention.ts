import {
  type AttentionOutput,
  type AttentionParameters,
  type AttentionPart,
  type AttentionTensor,
  float32s,
  HeddleError,
  type TextItem,
} from '@heddle/contracts';
import type { Encoding } from '../tokenizer/encoding.js';
import { bytesOf, refuseTooLarge } from './output-size.js';
import { placedToken } from './placed-tokens.js';
import type { ForwardRow, Sequence, ServedModel, TaskHandler } from './task.js';
import { inUnits, textOf } from './text-units.js';
import { base64 } from './vectors.js';

/** Longest input whose attention is shown: the numbers are as many as the square of it. */
const MAX_TOKENS = 512;
/** Bytes of the whole model's outputs that one sequence asks for; more are asked for in turn. */
const BYTES_PER_SEQUENCE = 64 * 1024 * 1024;

/** The attention scores of chosen layers and heads, with the terms that disentangled attention adds up. */
export const attention: TaskHandler<TextItem, AttentionParameters, AttentionOutput> = {
  encode: async (item, parameters, model) => {
    const { layers, heads, parts } = choiceOf(parameters, model);
    const encoding = await encode(item, parameters, model);
    const square = encoding.length * encoding.length;
    const numbers = parts.length * layers.length * heads.length * square;
    const bytes = bytesOf(numbers, parameters.encoding);
    refuseTooLarge(bytes, 'Ask for fewer layers, heads or parts, or for base64.');
    const names = layers.flatMap((layer) => parts.map((part) => nameOf(part, layer)));
    const outputBytes = model.architecture.heads * square * Float32Array.BYTES_PER_ELEMENT;
    const perSequence = Math.max(1, Math.floor(BYTES_PER_SEQUENCE / outputBytes));
    return Array.from({ length: Math.ceil(names.length / perSequence) }, (_, i): Sequence => {
      const outputs = names.slice(i * perSequence, (i + 1) * perSequence);
      return {
        encoding,
        graph: 'attention',
        outputs,
        outputBytes: outputs.length * outputBytes,
        answerBytes: bytes * (outputs.length / names.length),
        keep: (row) => onlyHeads(row, heads),
      };
    });
  },

  decode: async (item, parameters, sequences, rows, model) => {
    const { layers, heads } = choiceOf(parameters, model);
    // Without any part that the model has, nothing was run.
    const encoding = sequences[0]?.encoding ?? (await encode(item, parameters, model));
    const row: ForwardRow = Object.assign({}, ...rows);
    const shape: AttentionOutput['shape'] = [layers.length, heads.length, encoding.length, encoding.length];
    const parts = parameters.parts.map((part) => {
      const tensors = layers.map((layer) => row[nameOf(part, layer)]?.data);
      return [part, isComplete(tensors) ? tensorOf(tensors, shape, parameters.encoding) : null] as const;
    });
    return { tokens: tokensOf(item, encoding, parameters, model), shape, parts: Object.fromEntries(parts) };
  },
};

function encode(
  item: TextItem,
  { truncate, truncation_side: truncationSide }: AttentionParameters,
  { tokenizer, maxTokens }: ServedModel,
): Promise<Encoding> {
  const input = typeof item === 'string' ? { text: item } : { text: item.text, pair: item.text_pair };
  const options = { truncate, truncationSide, offsets: true };
  return tokenizer.encode(input, { ...options, maxTokens: Math.min(maxTokens, MAX_TOKENS) });
}

/** What is asked for, as far as the model has it. Errors: `invalid-input` for layers and heads it does not have. */
function choiceOf(
  parameters: AttentionParameters,
  { architecture }: ServedModel,
): { layers: number[]; heads: number[]; parts: AttentionPart[] } {
  const terms: readonly string[] = architecture.attentionTerms;
  return {
    layers: within(parameters.layers, architecture.layers, 'layers'),
    heads: within(parameters.heads, architecture.heads, 'heads'),
    parts: parameters.parts.filter((part) => part === 'total' || part === 'probs' || terms.includes(part)),
  };
}

function within(indices: number[] | undefined, size: number, name: string): number[] {
  const wrong = indices?.find((index) => index >= size);
  if (wrong === undefined) return indices ?? Array.from({ length: size }, (_, i) => i);
  throw new HeddleError('invalid-input', `The model has ${size} ${name}, from 0; there is no ${wrong}.`);
}

/** Output of the attention graph, [heads, tokens, tokens]. */
function nameOf(part: AttentionPart, layer: number): string {
  return `${part}.${layer}`;
}

function onlyHeads(row: ForwardRow, heads: number[]): ForwardRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, { data, shape }]) => {
      const size = shape[1]! * shape[2]!;
      const kept = new Float32Array(heads.length * size);
      for (const [i, head] of heads.entries()) {
        kept.set(data.subarray(head * size, (head + 1) * size), i * size);
      }
      return [name, { data: kept, shape: [heads.length, ...shape.slice(1)] }];
    }),
  );
}

function isComplete(tensors: (Float32Array | undefined)[]): tensors is Float32Array[] {
  return tensors.every((tensor) => tensor !== undefined);
}

/** One part of all layers: nested as `shape` says, or the bytes of the same row-major. */
function tensorOf(
  layers: Float32Array[],
  [, heads, rows, columns]: AttentionOutput['shape'],
  encoding: AttentionParameters['encoding'],
): AttentionTensor | string {
  if (encoding === 'base64') {
    const size = heads * rows * columns;
    const all = new Float32Array(layers.length * size);
    for (const [i, layer] of layers.entries()) all.set(layer, i * size);
    return base64(all);
  }
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  return layers.map((layer) =>
    range(heads).map((head) =>
      range(rows).map((row) => {
        const start = (head * rows + row) * columns;
        return float32s(layer.subarray(start, start + columns));
      }),
    ),
  );
}

/** Offsets of a token of the pair are those in the pair, which is why it says so. */
function tokensOf(
  item: TextItem,
  encoding: Encoding,
  { offsets }: AttentionParameters,
  { tokenizer }: ServedModel,
): AttentionOutput['tokens'] {
  const text = inUnits(textOf(item), offsets);
  const pair = inUnits((typeof item === 'string' ? undefined : item.text_pair) ?? '', offsets);
  return Array.from({ length: encoding.length }, (_, i) => {
    const ofPair = i >= encoding.pairStart && !encoding.special[i];
    const token = placedToken(encoding, i, ofPair ? pair : text, tokenizer);
    return ofPair ? { ...token, text_pair: true as const } : token;
  });
}
