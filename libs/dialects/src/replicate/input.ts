import { HeddleError, TASKS, type Task } from '@heddle/contracts';
import { z } from 'zod';
import type { ReplicateOrigin } from './prediction.js';
import { WEBHOOK_FILTERS } from './webhooks.js';

export const predictionBody = z
  .object({
    version: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('`ver_…`, or `owner/name`, or `owner/name:ver_…`.'),
    input: z.record(z.string(), z.unknown()),
    webhook: z.string().min(1).nullish(),
    webhook_events_filter: z.array(z.enum(WEBHOOK_FILTERS)).nullish(),
    webhook_completed: z.string().min(1).nullish().describe('As `webhook`, for the end alone.'),
    stream: z.unknown().optional().describe('Nothing is done with it: every prediction has a stream.'),
  })
  .meta({ id: 'ReplicatePredictionBody' });
export type PredictionBody = z.infer<typeof predictionBody>;

/** `input` of a prediction in the words of `POST /v1/jobs`, and what it takes to show it as it was. */
export interface ReadInput extends Pick<ReplicateOrigin, 'shape' | 'rest'> {
  inputs: unknown[];
  task: Task | undefined;
  parameters: Record<string, unknown>;
}

/** Errors: `validation`. */
export function readInput(input: Record<string, unknown>): ReadInput {
  const { inputs, text, text_pair: pair, ...rest } = input;
  const { task, ...parameters } = rest;
  if (task !== undefined && !(TASKS as readonly unknown[]).includes(task))
    throw wrong('/input/task', `one of ${TASKS.join(', ')}`);
  const read = { rest, task: task as Task | undefined, parameters };
  if (inputs !== undefined) {
    if (text !== undefined) throw wrong('/input/text', 'goes without `inputs`');
    return Array.isArray(inputs)
      ? { ...read, inputs, shape: 'many' }
      : { ...read, inputs: [inputs], shape: 'one' };
  }
  if (text === undefined) throw wrong('/input', 'must have `inputs` or `text`');
  return { ...read, inputs: [pair === undefined ? text : { text, text_pair: pair }], shape: 'text' };
}

function wrong(pointer: string, message: string): HeddleError {
  return new HeddleError('validation', `${pointer}: ${message}.`, {
    errors: [{ pointer, code: 'value', message }],
  });
}
