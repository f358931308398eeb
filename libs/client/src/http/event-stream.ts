import { ApiError, ConnectionError } from '../errors.js';
import { pause } from './attempt.js';
import type { Call, QueryValue, RequestOptions } from './call.js';
import { chunksOf } from './chunks.js';
import { PATIENT_RETRIES, pauseBefore } from './retries.js';
import { parseSse } from './sse.js';
import type { Transport } from './transport.js';

export interface StreamOptions extends RequestOptions {
  /** Number of the last event that was had before: the stream begins with the one after it. */
  lastEventId?: number | undefined;
}

/** Silence after which a connection is given up: the server says something every 15 s. */
const SILENCE_MS = 45_000;
/** Until the server has said how long it wants clients to wait before they come again. */
const RETRY_MS = 2_000;

/** An event as it comes. */
interface NumberedEvent {
  id: number;
  event: string;
  data: unknown;
}

/**
 * The events at that path, each once, to the last, `done`. A connection that breaks off is made again, from the event after
 * the last that came; ten that bring none, one after the other, end it with the error of the last.
 */
export async function* streamEvents(
  transport: Transport,
  { path, query }: { path: string; query?: Record<string, QueryValue> },
  { lastEventId, ...options }: StreamOptions,
): AsyncGenerator<NumberedEvent, void, undefined> {
  let last = lastEventId;
  let retryMs = RETRY_MS;
  const onRetry = (ms: number) => {
    retryMs = ms;
  };
  let opened = false;
  for (let failures = 1; ; failures++) {
    const headers = {
      accept: 'text/event-stream',
      ...(last === undefined ? {} : { 'last-event-id': String(last) }),
    };
    const call: Call = { method: 'GET', path, headers, ...(query ? { query } : {}) };
    const most = options.maxRetries ?? (opened ? PATIENT_RETRIES : transport.maxRetries);
    let pauseMs = retryMs;
    try {
      const answer = await transport.open(call, { ...options, maxRetries: 0 });
      // All of it was had already.
      if (answer.response.status === 204) return answer.attempt.end();
      opened = true;
      const chunks = chunksOf(answer, SILENCE_MS);
      for await (const { id, event, data } of parseSse(chunks, onRetry)) {
        last = Number(id);
        failures = 0;
        yield { id: last, event, data: JSON.parse(data) as unknown };
        if (event === 'done') return;
      }
      // An early end: the server is being replaced.
      if (failures > most) throw new ConnectionError('the stream ends again and again before its last event');
      pauseMs = retryMs;
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      const before = failures > most ? null : pauseBefore(error, call, Math.max(1, failures));
      if (before === null) throw error;
      pauseMs = before;
    }
    await pause(pauseMs, options.signal);
  }
}
