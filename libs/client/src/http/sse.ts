/** A server-sent event. */
export interface SseEvent {
  id: string;
  event: string;
  data: string;
}

/** `onRetry` is told the milliseconds that the server wants clients to wait before they come again. */
export async function* parseSse(
  chunks: AsyncIterable<Uint8Array>,
  onRetry: (ms: number) => void,
): AsyncGenerator<SseEvent, void, undefined> {
  let id = '';
  let event = '';
  let data: string[] = [];
  for await (const line of linesOf(chunks)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) onRetry(Number(value));
  }
}

/** Lines that have ended, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  // Leaves a byte order mark out.
  const decoder = new TextDecoder();
  // Joined once: a large event comes in hundreds of pieces.
  let pieces: string[] = [];
  let afterCarriageReturn = false;
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    const parts = (afterCarriageReturn ? text.replace(/^\n/, '') : text).split(/\r\n|\r|\n/);
    afterCarriageReturn = text.endsWith('\r');
    const rest = parts.pop()!;
    for (const part of parts) {
      yield pieces.join('') + part;
      pieces = [];
    }
    if (rest !== '') pieces.push(rest);
  }
}
