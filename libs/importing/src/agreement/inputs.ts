import type { VersionManifest } from '@heddle/contracts';
import type { Encoding, Tokenizer } from '@heddle/deberta';
import type { ForwardInput } from '@heddle/runtime';
import type { CalibrationText } from './calibration.js';

/** What one decision, or the decisions on the tokens of one text, are made from. */
export interface Input {
  /** One; several for a prompt with its choices. */
  sequences: Encoding[];
  /** Tokens that are asked for, of masked language models. */
  positions: number[];
}

/** Tokens of the longest input that is compared: attention beyond differs in positions alone. */
const MAX_TOKENS = 256;
/** Every seventh word is hidden, beginning with the fourth token. */
const MASK_EVERY = 7;
const MASK_FIRST = 3;
const CHOICES = 4;

/** The inputs of a head, made of texts: the same ones whenever the texts are the same. */
export function makeInputs(
  head: VersionManifest['head'],
  texts: CalibrationText[],
  tokenizer: Tokenizer,
  maxTokens: number,
): Promise<Input[]> {
  const options = {
    maxTokens: Math.min(maxTokens, MAX_TOKENS),
    truncate: true,
    truncationSide: 'right',
  } as const;
  const encode = (text: string, pair?: string) => tokenizer.encode({ text, pair }, options);
  const single = async (text: string, pair?: string): Promise<Input> => ({
    sequences: [await encode(text, pair)],
    positions: [],
  });
  const next = (at: number, by: number) => texts[(at + by) % texts.length]!;
  const makers: Record<typeof head, (text: CalibrationText, at: number) => Promise<Input>> = {
    'sequence-classification': ({ text, pair }) => single(text, pair),
    'token-classification': ({ text }) => single(text),
    'replaced-token-detection': ({ text }) => single(text),
    features: ({ text }) => single(text),
    'question-answering': ({ text, pair }, at) =>
      single(...questionAndContext(text, pair ?? next(at, 1).text)),
    'multiple-choice': async ({ text, pair }, at) => ({
      sequences: await tokenizer.encodePairs(
        text,
        Array.from({ length: CHOICES }, (_, i) => (i === 0 && pair ? pair : next(at, i + 1).text)),
        options,
      ),
      positions: [],
    }),
    'masked-lm': async ({ text }) => masked(await encode(text), tokenizer.special.mask),
  };
  return Promise.all(texts.map(makers[head]));
}

/** The forward pass of each sequence of an input, alone. */
export function forwardInputs({ sequences, positions }: Input): ForwardInput[] {
  return sequences.map(({ ids, typeIds, length }) => ({
    inputIds: ids,
    attentionMask: new Uint8Array(length).fill(1),
    typeIds,
    positions: Int32Array.from(positions.flatMap((token) => [0, token])),
    batch: 1,
    length,
  }));
}

/** The shorter text asks. */
function questionAndContext(one: string, other: string): [question: string, context: string] {
  return one.length <= other.length ? [one, other] : [other, one];
}

/** Hides every seventh token, at least one; a vocabulary without a mask is asked for what is there. */
function masked(encoding: Encoding, mask: number | null): Input {
  const own = Array.from(encoding.ids.keys()).filter((token) => encoding.special[token] === 0);
  const periodic = own.filter((_, i) => i % MASK_EVERY === MASK_FIRST);
  const positions = periodic.length > 0 ? periodic : own.slice(-1);
  const ids = encoding.ids.slice();
  if (mask !== null) for (const position of positions) ids[position] = mask;
  return { sequences: [{ ...encoding, ids }], positions };
}
