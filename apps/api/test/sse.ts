export interface SseEvent {
  id: string;
  event: string;
  data: never;
}

export interface SseStream {
  status: number;
  headers: Headers;
  /** The next event; null when the stream has ended. */
  next(): Promise<SseEvent | null>;
  /** All that is left. */
  rest(): Promise<SseEvent[]>;
  /** Everything that came so far, comments included. */
  text(): string;
  close(): void;
}

/** Opens an event stream as a browser does; `headers` without a key unless it is among them. */
export async function openSse(url: string, headers: Record<string, string>): Promise<SseStream> {
  const aborter = new AbortController();
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: aborter.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let unread = '';
  /** Reads on until an event has ended; false when the stream has. Joins once: a large event comes in hundreds of pieces. */
  const readOn = async (): Promise<boolean> => {
    const pieces = [unread];
    for (let seam = unread.slice(-1); ; seam = pieces.at(-1)!.slice(-1)) {
      const chunk = await reader?.read();
      if (!chunk || chunk.done) break;
      text += chunk.value;
      pieces.push(chunk.value);
      if ((seam + chunk.value).includes('\n\n')) break;
    }
    unread = pieces.join('');
    return unread.includes('\n\n');
  };
  const next = async (): Promise<SseEvent | null> => {
    for (;;) {
      if (!unread.includes('\n\n') && !(await readOn())) return null;
      const end = unread.indexOf('\n\n');
      const block = unread.slice(0, end);
      unread = unread.slice(end + 2);
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      if (!fields.has('data')) continue;
      return {
        id: fields.get('id')!,
        event: fields.get('event')!,
        data: JSON.parse(fields.get('data')!) as never,
      };
    }
  };
  return {
    status: response.status,
    headers: response.headers,
    next,
    rest: async () => {
      const events: SseEvent[] = [];
      for (let event = await next(); event; event = await next()) events.push(event);
      return events;
    },
    text: () => text,
    close: () => aborter.abort(),
  };
}
