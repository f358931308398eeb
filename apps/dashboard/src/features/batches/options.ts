import type { BodyOf } from '@heddle/client';

type CreateBatchBody = BodyOf<'createBatch'>;

const S_PER_HOUR = 3_600;

/** What a batch may say besides its file and model; an empty string is what the API takes by itself. */
export interface BatchOptions {
  task: string;
  priority: '' | NonNullable<CreateBatchBody['priority']>;
  /** Hours until lines that have not run expire. */
  windowH: number | string;
  /** JSON, of all lines. */
  parameters: string;
  /** Lines that cannot run are left out, instead of refusing the file. */
  skip: boolean;
}

export const NO_OPTIONS: BatchOptions = { task: '', priority: '', windowH: '', parameters: '', skip: false };

/** As the API takes it. Throws SyntaxError for parameters that are no JSON object. */
export function batchBody(file: string, model: string, options: BatchOptions): CreateBatchBody {
  const { task, priority, windowH, skip } = options;
  const parameters = parametersIn(options.parameters);
  return {
    file,
    model,
    invalid_lines: skip ? 'skip' : 'reject',
    ...(task === '' ? {} : { task: task as NonNullable<CreateBatchBody['task']> }),
    ...(priority === '' ? {} : { priority }),
    ...(typeof windowH === 'number' ? { window_s: Math.round(windowH * S_PER_HOUR) } : {}),
    ...(parameters ? { parameters } : {}),
  };
}

/** Undefined where there are none. Throws SyntaxError. */
function parametersIn(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError('Parameters are a JSON object, such as {"top_k": 3}.');
  return value as Record<string, unknown>;
}
