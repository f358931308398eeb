import type { HeddleError } from '@heddle/contracts';

/** What is wrong and where, in one text, for envelopes without a list; `nameOf`: what the dialect calls a place of a job. */
export function saidOf(error: HeddleError, nameOf: (path: string) => string = (path) => path): string {
  const details = error.errors
    .filter(({ message }) => !error.message.includes(message))
    .map(({ pointer, message }) => `${nameOf(pathOf(pointer))}: ${message}`);
  return details.length === 0 ? error.message : `${error.message} (${details.join('; ')})`;
}

/** `/inputs/0/documents/1` as `inputs[0].documents[1]`. */
function pathOf(pointer: string): string {
  const parts = pointer.replace(/^[/?]/, '').split('/');
  return parts.reduce(
    (path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`),
    '',
  );
}
