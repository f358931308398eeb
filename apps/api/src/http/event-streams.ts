import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { HeddleError, LIMITS } from '@heddle/contracts';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';
import { type ChangeKind, Waiters } from './waiters.js';

/** Milliseconds until a client that lost its stream comes again. */
const RETRY_MS = 2_000;
const KEEP_ALIVE_MS = 15_000;
/** A connection that takes nothing for so long, comments not either, is cut. */
const STALL_MS = 60_000;
/** What streams have to end in when the api stops; clients go on where they were. */
const STOP_MS = 1_000;
const RETRY_AFTER_S = 5;

export interface StreamRequest {
  tenantId: string;
  /** What the client says it had last, in the order in which it counts; what is no event's number is ignored. */
  lastEventIds: (string | undefined)[];
  response: ServerResponse;
}

interface StreamedEvent {
  id: number;
  event: string;
  data: unknown;
}

/** What a row says of its events. */
export interface EventView {
  /** Changes when there may be more events. */
  sequence: number;
  /** The number of the newest event. */
  last: number;
  /** Events so far, without those of the end. */
  events: StreamedEvent[];
  /** The number of the very last event; null while there will be more. */
  done: number | null;
}

/** A thing that has events. */
export interface EventSource {
  /** Its UUID, and what waits for its changes. */
  id: string;
  kind: ChangeKind;
  /** Errors: `not-found`. */
  look(): Promise<EventView>;
  /** Events of its end, `done` the last of them. */
  endEvents(): Promise<Iterable<StreamedEvent>>;
}

/** Streams of events. A stream holds the number of the last event it sent, and asks the row for what follows. */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  private readonly open = new Map<ServerResponse, string>();

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly waiters: Waiters,
  ) {}

  /**
   * The events from the one after the client's last, until the end; null when the client has had all there will
   * be. Errors: those of `look`, `overloaded` when too many streams are open.
   */
  async stream(request: StreamRequest, source: EventSource): Promise<Readable | null> {
    const view = await source.look();
    const after = request.lastEventIds.map((id) => eventNumber(id, view.last)).find((id) => id !== null) ?? 0;
    if (after === view.done) return null;
    const signal = this.take(request);
    return Readable.from(this.text(source, view, after, signal), { objectMode: false });
  }

  onModuleDestroy(): void {
    const cutOff = setTimeout(() => {
      for (const response of this.open.keys()) response.destroy();
    }, STOP_MS);
    cutOff.unref();
  }

  /** Counts a stream until its connection closes; the signal says when. */
  private take({ tenantId, response }: StreamRequest): AbortSignal {
    const own = [...this.open.values()].filter((tenant) => tenant === tenantId).length;
    if (this.open.size >= LIMITS.maxEventStreams || own >= LIMITS.maxEventStreams / 2) {
      throw new HeddleError('overloaded', 'Too many event streams are open.', {
        headers: { 'Retry-After': String(RETRY_AFTER_S) },
      });
    }
    const gone = new AbortController();
    if (response.closed || response.destroyed) gone.abort();
    else {
      this.open.set(response, tenantId);
      response.once('close', () => {
        this.open.delete(response);
        gone.abort();
      });
      response.setTimeout(STALL_MS, () => response.destroy());
    }
    return gone.signal;
  }

  private async *text(
    source: EventSource,
    view: EventView,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    yield `retry: ${RETRY_MS}\n\n`;
    try {
      for await (const event of this.events(source, view, after, signal)) {
        if (event === null) yield ': keep-alive\n\n';
        else yield `id: ${event.id}\nevent: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;
      }
    } catch (error) {
      // The status is sent: what is left to say is to come again, which an early end says.
      this.resources.logger.warn({ error, of: source.id }, 'an event stream ended early');
    }
  }

  /** The events after `after`; null in place of one where nothing has happened for long. */
  private async *events(
    source: EventSource,
    found: EventView,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<StreamedEvent | null> {
    let view = found;
    let sent = after;
    for (;;) {
      for (const event of view.events) if (event.id > sent) yield event;
      if (view.done !== null) {
        for (const event of await source.endEvents()) if (event.id > sent) yield event;
        return;
      }
      sent = Math.max(sent, view.sequence);
      const changed = await this.waiters.untilChanged(source, view.sequence, KEEP_ALIVE_MS, signal);
      if (signal.aborted || this.waiters.stopping) return;
      if (changed) view = await source.look();
      else yield null;
    }
  }
}

/** A client's `Last-Event-ID` as the number of an event that there is; null for anything else. */
function eventNumber(id: string | undefined, last: number): number | null {
  const number = /^[1-9]\d{0,8}$/.test(id ?? '') ? Number(id) : 0;
  return number >= 1 && number <= last ? number : null;
}
