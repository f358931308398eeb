import type { VersionManifest } from '../models.js';
import type { AttentionParameters, AttentionPart } from '../tasks/vectors.js';

/** A float32 as JSON: sign, point, comma and up to 17 digits, some behind zeros. */
const JSON_BYTES = 22;
/** A float32 as base64. */
const BASE64_BYTES = 16 / 3;

/** Longest input whose attention is shown: the numbers are as many as the square of it. */
export const MAX_ATTENTION_TOKENS = 512;

/** Bytes of so many float32 in an output. */
export function outputBytesOf(numbers: number, encoding: 'float' | 'base64'): number {
  return Math.ceil(numbers * (encoding === 'base64' ? BASE64_BYTES : JSON_BYTES));
}

type Scores = Pick<VersionManifest['architecture'], 'layers' | 'heads' | 'attentionTerms'>;

/** The parts that are asked for, as far as the model's scores have them. */
export function attentionPartsOf(
  { parts }: Pick<AttentionParameters, 'parts'>,
  { attentionTerms }: Pick<Scores, 'attentionTerms'>,
): AttentionPart[] {
  const terms: readonly string[] = attentionTerms;
  return parts.filter((part) => part === 'total' || part === 'probs' || terms.includes(part));
}

/** Bytes of the attention scores of an input of so many tokens. */
export function attentionBytes(tokens: number, parameters: AttentionParameters, model: Scores): number {
  const layers = parameters.layers?.length ?? model.layers;
  const heads = parameters.heads?.length ?? model.heads;
  const numbers = attentionPartsOf(parameters, model).length * layers * heads * tokens * tokens;
  return outputBytesOf(numbers, parameters.encoding);
}
