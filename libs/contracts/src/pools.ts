import { z } from 'zod';
import { pageOf, timestamp } from './shapes.js';

/** Name of a pool of workers. */
export const POOL_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** The pool of workers that name none. */
export const DEFAULT_POOL = 'default';

/** A pool of workers as the API shows it to operators; autoscalers read `desired_workers`. */
export const pool = z
  .strictObject({
    object: z.literal('pool'),
    name: z.string().regex(POOL_NAME),
    models: z
      .array(z.string())
      .nullable()
      .describe('Names of the models that its workers serve; null when they serve all.'),
    workers: z.int().describe('Those that take jobs.'),
    starting: z.int(),
    draining: z.int(),
    load: z
      .number()
      .min(0)
      .max(1)
      .describe('Part of their time that the engines of its workers were busy with lately.'),
    work_s: z
      .number()
      .describe('Seconds that one worker takes for what is queued or runs; 0 while no speed is known.'),
    wait_s: z
      .number()
      .nullable()
      .describe('The same for all workers that take jobs together; null while there is none.'),
    desired_workers: z.int().describe('How many workers there should be.'),
    decided_at: timestamp.nullable().describe('When a dispatcher decided so; null before the first time.'),
  })
  .meta({ id: 'Pool' });
export type Pool = z.infer<typeof pool>;
export const poolPage = pageOf('PoolPage', pool);

/** Whether workers that serve `models`, all where it is null, serve the versions of a model. */
export function servesModel(models: readonly string[] | null, model: string): boolean {
  return models === null || models.includes(model);
}
