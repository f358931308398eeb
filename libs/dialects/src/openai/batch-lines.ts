import { batchLine, HeddleError, newUuid, submitJobBody, toPublicId, validate } from '@heddle/contracts';
import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { classificationsAnswer, classificationsBody, classificationsCall } from './classifications.js';
import { embeddingsAnswer, embeddingsBody, embeddingsCall } from './embeddings.js';
import { openaiErrorOf, openaiStatusOf } from './errors.js';
import { moderationsAnswer, moderationsBody, moderationsCall } from './moderations.js';

/** Where the lines of a batch may go. */
export const OPENAI_ENDPOINTS = [
  '/v1/embeddings',
  '/v1/moderations',
  '/v1/classifications',
  '/v1/jobs',
] as const;
export type OpenaiEndpoint = (typeof OPENAI_ENDPOINTS)[number];

/** What a batch of OpenAI's form was asked for, as it is kept with the batch. */
export interface OpenaiBatchOrigin {
  source: 'openai';
  endpoint: OpenaiEndpoint;
  /** The model of every line, as the lines name it. */
  model: string;
  /** Seconds for which its files are kept; the instance's time when absent. */
  expiresS?: number;
}

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
const ANSWERS: Record<OpenaiEndpoint, (model: string, answered: Answered) => unknown> = {
  '/v1/embeddings': embeddingsAnswer,
  '/v1/moderations': moderationsAnswer,
  '/v1/classifications': classificationsAnswer,
  '/v1/jobs': (model, { outputs, tokens }) => ({
    object: 'job',
    status: 'succeeded',
    model,
    results: outputs.map((output, index) => ({ index, output })),
    usage: { tokens },
  }),
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
}

/** The answer to a line, as a line of the output file. Throws what the endpoint cannot say. */
export function openaiOutputLine({ customId, origin }: AnsweredLine, answered: Answered): string {
  const body = ANSWERS[origin.endpoint](origin.model, answered);
  return lineOf(customId, { status_code: 200, body }, null);
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
