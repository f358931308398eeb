import { HeddleError } from '@heddle/contracts';
import { z } from 'zod';
import { choice } from './query.js';

/** Query of an event stream. */
export const eventQuery = z.strictObject({
  last_event_id: z
    .string()
    .exactOptional()
    // Any text, U+0000 included: one that is no event's is ignored.
    .meta({ description: 'As the header `Last-Event-ID`, where none can be sent.', pattern: '^' }),
});

/** Query of a job's. */
export const jobEventQuery = eventQuery.extend({
  results: choice(['true', 'false']).default('false').describe('Whether `result` events are wanted.'),
  token: z
    .string()
    .exactOptional()
    .describe(
      'In place of a key: from `urls.events` of a job that was asked for with `include=stream_token`.',
    ),
});
const RANGES = ['text/event-stream', 'text/*', '*/*'];

/** Throws `not-acceptable` when `Accept` has no room for an event stream: the closest of its ranges decides. */
export function requireEventStream(accept: string | undefined): void {
  if (accept === undefined || accept.trim() === '') return;
  const ranges = accept.split(',').map((range) => range.split(';').map((part) => part.trim().toLowerCase()));
  const closest = RANGES.map((name) => ranges.find(([type]) => type === name)).find((range) => range);
  const refused = closest?.some((part) => /^q\s*=\s*0(\.0{0,3})?$/.test(part)) ?? true;
  if (refused) throw new HeddleError('not-acceptable', 'Events are text/event-stream: accept that.');
}
