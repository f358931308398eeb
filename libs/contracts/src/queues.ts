import { z } from 'zod';
import { PRIORITIES } from './jobs.js';
import { pageOf, publicIdOf } from './shapes.js';

/** What waits for one model version, and what serves it, as the API shows it. */
export const queue = z
  .strictObject({
    id: publicIdOf('version'),
    object: z.literal('queue'),
    model: z.string(),
    version_number: z.int(),
    paused: z.boolean(),
    queued: z.int().describe('Jobs that no worker has taken.'),
    running: z.int(),
    queued_by_priority: z.record(z.enum(PRIORITIES), z.int()),
    queued_tokens: z.number().describe('Estimated.'),
    oldest_age_s: z
      .number()
      .nullable()
      .describe('Of the job that was accepted first among those queued; null when there is none.'),
    tokens_per_s: z.number().describe('Of all workers together, as they measured it last; 0 while none has.'),
    eta_s: z
      .number()
      .nullable()
      .describe('Time that all workers take for what is queued; null when their speed is not known.'),
    workers: z.int().describe('Those that take jobs of the version.'),
    desired_workers: z
      .int()
      .describe(
        'Workers that do what is queued within the target wait, by itself. At least one while anything is open; else 0 where the fleet may have none, or 1. To scale by: that of the pool.',
      ),
  })
  .meta({ id: 'Queue' });
export type Queue = z.infer<typeof queue>;
export const queuePage = pageOf('QueuePage', queue);
