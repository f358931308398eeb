import {
  batchLine,
  HeddleError,
  type ItemResult,
  newUuid,
  submitJobBody,
  toPublicId,
  type VersionManifest,
  validate,
} from '@heddle/contracts';
import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { classificationsAnswer, classificationsBody, classificationsCall } from './classifications.js';
import { embeddingsAnswer, embeddingsBody, embeddingsCall } from './embeddings.js';
import { openaiErrorOf, openaiStatusOf } from './errors.js';
import { moderationsAnswer, moderationsBody, moderationsCall } from './moderations.js';

/** The endpoint of our own jobs, whose items have results and errors each. */
const JOBS = '/v1/jobs';
/** Where the lines of a batch may go. */
export const OPENAI_ENDPOINTS = ['/v1/embeddings', '/v1/moderations', '/v1/classifications', JOBS] as const;
export type OpenaiEndpoint = (typeof OPENAI_ENDPOINTS)[number];

/** What a batch of OpenAI's form was asked for, as it is kept with the batch. */
export const openaiBatchOrigin = z.strictObject({
  source: z.literal('openai'),
  endpoint: z.enum(OPENAI_ENDPOINTS),
  /** The model of every line, as the lines name it; absent where none does, and nothing can run. */
  model: z.string().exactOptional(),
  /** Seconds for which its files are kept; the instance's time when absent. */
  expiresS: z.int().exactOptional(),
});
export type OpenaiBatchOrigin = z.infer<typeof openaiBatchOrigin>;

const openaiLine = z.object({
  custom_id: batchLine.shape.custom_id,
  method: z.literal('POST', { error: 'must be POST' }),
  url: z.string(),
  body: z.record(z.string(), z.unknown()),
});

const CALLS: Record<OpenaiEndpoint, (body: unknown) => Call> = {
  '/v1/embeddings': (body) => embeddingsCall(validate(embeddingsBody, body, { at: '/body' })),
  '/v1/moderations': (body) => moderationsCall(validate(moderationsBody, body, { at: '/body' })),
  '/v1/classifications': (body) => classificationsCall(validate(classificationsBody, body, { at: '/body' })),
  '/v1/jobs': (body) => {
    const { model, task, inputs, parameters } = validate(submitJobBody, body, { at: '/body' });
    return { source: 'openai', model, ...(task ? { task } : {}), inputs, parameters };
  },
};
type AnswersWhole = Exclude<OpenaiEndpoint, typeof JOBS>;
type AnswerOf = (model: string, answered: Answered, manifest: VersionManifest) => unknown;
const ANSWERS: Record<AnswersWhole, AnswerOf> = {
  '/v1/embeddings': embeddingsAnswer,
  '/v1/moderations': moderationsAnswer,
  '/v1/classifications': classificationsAnswer,
};

/** A line of a batch's file. Errors: `validation`, `invalid-url` where it goes elsewhere than the batch. */
export function openaiLineOf(value: unknown, endpoint: OpenaiEndpoint): { customId: string; call: Call } {
  const { custom_id: customId, url, body } = validate(openaiLine, value);
  if (url !== endpoint) {
    const message = `must be ${endpoint}, the endpoint of the batch`;
    throw new HeddleError('invalid-url', `The url ${message}.`, {
      errors: [{ pointer: '/url', code: 'invalid-url', message }],
    });
  }
  return { customId, call: CALLS[endpoint](body) };
}

/** Which line an answer is for. */
export interface AnsweredLine {
  customId: string | null;
  origin: OpenaiBatchOrigin;
  /** Of the version that all lines run on. */
  manifest: VersionManifest;
}

/** What the items of a line were answered with. */
export interface LineResults {
  results: ItemResult[];
  tokens: number;
}

/** A line of the output file, or of the error file where it failed. */
export interface OpenaiLine {
  failed: boolean;
  text: string;
}

/** The answer to a line: a job's with an output or an error of each item, all others' with the first error where there is one. */
export function openaiAnsweredLine(line: AnsweredLine, { results, tokens }: LineResults): OpenaiLine {
  const { endpoint, model = '' } = line.origin;
  if (endpoint === JOBS) return jobLine(line, { results, tokens });
  const wrong = results.find(({ error }) => error)?.error;
  try {
    if (wrong) throw new HeddleError(wrong.code, wrong.message);
    const answered = { outputs: results.map(({ output }) => output!), tokens };
    const body = ANSWERS[endpoint](model, answered, line.manifest);
    return { failed: false, text: lineOf(line.customId, { status_code: 200, body }, null) };
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return { failed: true, text: openaiFailedLine(line, error) };
  }
}

/** As `GET /v1/jobs/{id}` shows a job: it has failed where all of its items have. */
function jobLine({ customId, origin }: AnsweredLine, { results, tokens }: LineResults): OpenaiLine {
  const total = results.length;
  const succeeded = results.filter(({ output }) => output).length;
  const failed = succeeded === 0;
  const body = {
    object: 'job',
    status: failed ? 'failed' : 'succeeded',
    model: origin.model,
    results,
    counts: { total, succeeded, failed: total - succeeded },
    error: failed
      ? { code: 'all-items-failed', message: 'Every item failed; see results.', retryable: false }
      : null,
    usage: { tokens },
  };
  const status_code = failed ? openaiStatusOf('all-items-failed') : 200;
  return { failed, text: lineOf(customId, { status_code, body }, null) };
}

/** The refusal of a line, as a line of the error file. */
export function openaiFailedLine({ customId }: AnsweredLine, error: HeddleError): string {
  return lineOf(customId, { status_code: openaiStatusOf(error.code), body: openaiErrorOf(error) }, null);
}

/** A line that has not run. */
export function openaiUnrunLine(
  { customId }: AnsweredLine,
  status: 'canceled' | 'expired',
  message: string,
): string {
  return lineOf(customId, null, {
    code: status === 'expired' ? 'batch_expired' : 'batch_cancelled',
    message,
  });
}

function lineOf(
  customId: string | null,
  response: { status_code: number; body: unknown } | null,
  error: { code: string; message: string } | null,
): string {
  const requestId = toPublicId('request', newUuid());
  return `${JSON.stringify({
    id: `batch_${requestId}`,
    custom_id: customId,
    response: response && {
      status_code: response.status_code,
      request_id: requestId,
      body: response.body,
    },
    error,
  })}\n`;
}
