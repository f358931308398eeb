import { type FieldError, HeddleError } from '@heddle/contracts';
import { ONCE, type Query } from '../http/paging.js';

export interface EventQuery {
  /** Whether `result` events are wanted. */
  results: boolean;
  lastEventId: string | undefined;
}

const NAMES = ['results', 'last_event_id', 'token'];

/** Query of an event stream. Throws `invalid-query` naming every wrong parameter. */
export function parseEventQuery(query: Query): EventQuery {
  const errors: FieldError[] = [];
  const refuse = (name: string, message: string) =>
    errors.push({ pointer: `?${name.toWellFormed()}`, code: 'value', message });
  for (const [name, value] of Object.entries(query)) {
    if (!NAMES.includes(name)) refuse(name, 'no such parameter');
    else if (Array.isArray(value)) refuse(name, ONCE);
    else if (name === 'results' && value !== 'true' && value !== 'false') refuse(name, 'true or false');
  }
  if (errors.length > 0)
    throw new HeddleError('invalid-query', 'The query is wrong; see errors.', { errors });
  return { results: query.results === 'true', lastEventId: query.last_event_id as string | undefined };
}

const RANGES = ['text/event-stream', 'text/*', '*/*'];

/** Throws `not-acceptable` when `Accept` has no room for an event stream: the closest of its ranges decides. */
export function requireEventStream(accept: string | undefined): void {
  if (accept === undefined || accept.trim() === '') return;
  const ranges = accept.split(',').map((range) => range.split(';').map((part) => part.trim().toLowerCase()));
  const closest = RANGES.map((name) => ranges.find(([type]) => type === name)).find((range) => range);
  const refused = closest?.some((part) => /^q\s*=\s*0(\.0{0,3})?$/.test(part)) ?? true;
  if (refused) throw new HeddleError('not-acceptable', 'Events are text/event-stream: accept that.');
}
