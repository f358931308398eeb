import type { FieldError, HeddleError } from '../errors.js';

/** Wrong places that a message names, and characters of each, and of what is said of it: names of members may be as long as the line. */
const MOST_NAMED = 3;
const MOST_CHARS = 200;

/** What is wrong with a line, in one sentence. A line has one input, which a job calls the first of its inputs. */
export function lineMessage({ message, errors }: HeddleError): string {
  if (errors.length === 0) return cutText(message);
  const named = errors.slice(0, MOST_NAMED).map(placed).join('; ');
  return errors.length > MOST_NAMED ? `${named}; and more` : named;
}

function placed({ pointer, message }: FieldError): string {
  const place = pointer.replace(/^\/inputs\/0/, '/input');
  return place === '' ? cutText(message) : `${cutText(place)}: ${cutText(message)}`;
}

/** The beginning of what may be long, as it can be stored. */
export function cutText(text: string): string {
  const shown = text.length <= MOST_CHARS ? text : `${text.slice(0, MOST_CHARS)}…`;
  return shown.toWellFormed().replaceAll('\0', '\ufffd');
}
