import {
  float32,
  HeddleError,
  type LabelScore,
  type TaskOutput,
  type VersionManifest,
} from '@heddle/contracts';
import type { Answered } from '../call.js';
import { scoresOf, vectorOf } from '../shared/outputs.js';
import { type OipCall, oipOutputNames } from './call.js';
import type { OipRequest, OipResponse, OipTensor } from './request.js';

/** Logits of tokens in one answer, zeros behind short texts among them: 16 MiB as float64, which is what they are until they are sent. */
const MAX_LOGITS = 2 * 1024 * 1024;

/** The tensors that a request asked for, in its order. Errors: `output-too-large`. */
export function oipTensorsOf(
  { form, task }: OipCall,
  request: OipRequest,
  { outputs }: Answered,
  manifest: VersionManifest,
): OipTensor[] {
  const names = oipOutputNames(request, form, manifest);
  const n = outputs.length;
  const make: Record<string, () => OipTensor> = {
    label: () => {
      const labels = outputs.map((output) => scoresOf(output, manifest.labels)[0]!.label);
      return { name: 'label', datatype: 'BYTES', shape: [n], data: labels };
    },
    score: () => {
      const raw = task === 'score' || request.parameters?.raw_scores === true;
      const scores = outputs.map((output) =>
        form === 'ranking'
          ? rankingScore(output, manifest, raw)
          : bestScore(output, manifest, request.parameters?.function_to_apply),
      );
      return { name: 'score', datatype: 'FP32', shape: [n], data: scores };
    },
    logits: () => {
      if (form === 'tokens') return tokenLogitsOf(outputs);
      const rows = outputs.map((output) => logitsOf(output, manifest.labels));
      return { name: 'logits', datatype: 'FP32', shape: [n, manifest.labels.length], data: rows.flat() };
    },
    embedding: () => {
      const rows = outputs.map((output) => vectorOf(output) as number[]);
      return { name: 'embedding', datatype: 'FP32', shape: [n, rows[0]!.length], data: rows.flat() };
    },
    labels: () => {
      const rows = outputs.map((output) => scoresOf(output, []).map(({ label }) => label));
      return { name: 'labels', datatype: 'BYTES', shape: [n, rows[0]!.length], data: rows.flat() };
    },
    scores: () => {
      const rows = outputs.map((output) => scoresOf(output, []).map(({ score }) => score));
      return { name: 'scores', datatype: 'FP32', shape: [n, rows[0]!.length], data: rows.flat() };
    },
    output_json: () => {
      const texts = outputs.map((output) => JSON.stringify({ ...output, logits: undefined }));
      return { name: 'output_json', datatype: 'BYTES', shape: [n], data: texts };
    },
  };
  return names.map((name) => make[name]!());
}

/** By class index. */
function logitsOf(output: TaskOutput, labels: readonly string[]): number[] {
  const byLabel = new Map(scoresOf(output, labels).map(({ label, score }) => [label, score]));
  return labels.map((label) => byLabel.get(label) ?? 0);
}

/** Of every token, [n, tokens of the longest, k]; behind the tokens of the others stand zeros. */
function tokenLogitsOf(outputs: TaskOutput[]): OipTensor {
  const all = outputs.map((output) => (output as { logits: number[][] }).logits);
  const tokens = Math.max(...all.map(({ length }) => length));
  const [[first]] = all as [[number[]]];
  const shape = [all.length, tokens, first.length];
  const numbers = all.length * tokens * first.length;
  if (numbers > MAX_LOGITS)
    throw new HeddleError('output-too-large', `The logits would be ${numbers}, of ${MAX_LOGITS} at most.`);
  const data = all.flatMap((rows) => {
    const own = rows.flat();
    return own.concat(new Array<number>(tokens * first.length - own.length).fill(0));
  });
  return { name: 'logits', datatype: 'FP32', shape, data };
}

function rankingScore(output: TaskOutput, { labels }: VersionManifest, raw: boolean): number {
  const logit =
    'score' in output
      ? output.score
      : 'results' in output
        ? output.results[0]!.score
        : scoresOf(output, labels)[0]!.score;
  return raw ? logit : sigmoid(logit);
}

/** The probability of the label with the highest logit, as the native task computes it. */
function bestScore(output: TaskOutput, { labels, problemType }: VersionManifest, asked: unknown): number {
  const scores: LabelScore[] = scoresOf(output, labels);
  const best = scores[0]!.score;
  const auto =
    problemType === 'regression'
      ? 'none'
      : problemType === 'multi_label_classification' || labels.length === 1
        ? 'sigmoid'
        : 'softmax';
  const apply = asked === 'softmax' || asked === 'sigmoid' || asked === 'none' ? asked : auto;
  if (apply === 'none') return best;
  if (apply === 'sigmoid') return sigmoid(best);
  return float32(1 / scores.reduce((sum, { score }) => sum + Math.exp(score - best), 0));
}

function sigmoid(logit: number): number {
  return float32(1 / (1 + Math.exp(-logit)));
}

/**
 * A response as JSON, and the bytes that follow it: of the outputs that were asked for in that form.
 */
export function oipEncoded(
  tensors: readonly OipTensor[],
  request: OipRequest,
  model: Pick<OipResponse, 'model_name' | 'model_version'>,
): { response: OipResponse; binary: Buffer[] } {
  const binary: Buffer[] = [];
  const outputs = tensors.map(({ data, ...tensor }) => {
    const wish = request.outputs?.find(({ name }) => name === tensor.name)?.parameters?.binary_data;
    if (!(wish ?? request.parameters?.binary_data_output)) return { ...tensor, data };
    const bytes = tensor.datatype === 'BYTES' ? textBytes(data as string[]) : floatBytes(data as number[]);
    binary.push(bytes);
    return { ...tensor, parameters: { binary_data_size: bytes.length } };
  });
  return { response: { ...model, ...(request.id === undefined ? {} : { id: request.id }), outputs }, binary };
}

/** Each with its length in 4 bytes before it. */
function textBytes(texts: string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

function floatBytes(numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, i) => {
    bytes.writeFloatLE(number, i * 4);
  });
  return bytes;
}
