import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { HeddleError, type JobEvent, LIMITS } from '@heddle/contracts';
import type { Admit, JobRecord } from '@heddle/store';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Waiters } from '../http/waiters.js';
import { RESOURCES, type Resources } from '../resources.js';
import { endEvents, jobEvents } from './job-events.js';
import { JobsService } from './jobs.service.js';

/** Milliseconds until a client that lost its stream comes again. */
const RETRY_MS = 2_000;
const KEEP_ALIVE_MS = 15_000;
/** A connection that takes nothing for so long, comments not either, is cut. */
const STALL_MS = 60_000;
/** What streams have to end in when the api stops; clients go on where they were. */
const STOP_MS = 1_000;
const RETRY_AFTER_S = 5;
const NOTHING = { inputs: false, results: false };
const EVERYTHING = { inputs: true, results: true };

export interface StreamRequest {
  tenantId: string;
  jobId: string;
  /** What the client says it had last, in the order in which it counts; what is no event's number is ignored. */
  lastEventIds: (string | undefined)[];
  withResults: boolean;
  response: ServerResponse;
  admit: Admit;
}

/** Streams of jobs' events. A stream holds the number of the last event it sent, and asks the row for what follows. */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  private readonly open = new Map<ServerResponse, string>();

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly waiters: Waiters,
    private readonly jobs: JobsService,
  ) {}

  /**
   * The events from the one after the client's last, until the job's end; null when the client has had all there will
   * be. Errors: `not-found`, `overloaded` when too many streams are open.
   */
  async stream(request: StreamRequest): Promise<Readable | null> {
    const record = await this.jobs.find(request, request.jobId, NOTHING, request.admit);
    const { last, end } = jobEvents(record);
    const after = request.lastEventIds.map((id) => eventNumber(id, last)).find((id) => id !== null) ?? 0;
    if (end && after === end.done) return null;
    const signal = this.take(request);
    return Readable.from(this.text(request, record, after, signal), { objectMode: false });
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
    request: StreamRequest,
    record: JobRecord,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    yield `retry: ${RETRY_MS}\n\n`;
    try {
      for await (const event of this.events(request, record, after, signal)) {
        if (event === null) yield ': keep-alive\n\n';
        else yield `id: ${event.id}\nevent: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;
      }
    } catch (error) {
      // The status is sent: what is left to say is to come again, which an early end says.
      this.resources.logger.warn({ error, job: request.jobId }, 'an event stream ended early');
    }
  }

  /** The events after `after`; null in place of one where nothing has happened for long. */
  private async *events(
    request: StreamRequest,
    found: JobRecord,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<JobEvent | null> {
    const { jobId, admit, withResults } = request;
    let record = found;
    let sent = after;
    for (;;) {
      const { changes, end } = jobEvents(record);
      for (const event of changes.filter(({ id }) => id > sent)) yield event;
      if (end) {
        const whole = await this.jobs.find(request, jobId, EVERYTHING, admit);
        for (const event of endEvents(whole, withResults)) if (event.id > sent) yield event;
        return;
      }
      sent = Math.max(sent, record.sequence);
      const changed = await this.waiters.untilChanged(jobId, record.sequence, KEEP_ALIVE_MS, signal);
      if (signal.aborted || this.waiters.stopping) return;
      if (changed) record = await this.jobs.find(request, jobId, NOTHING, admit);
      else yield null;
    }
  }
}

/** A client's `Last-Event-ID` as the number of an event that there is; null for anything else. */
function eventNumber(id: string | undefined, last: number): number | null {
  const number = /^[1-9]\d{0,8}$/.test(id ?? '') ? Number(id) : 0;
  return number >= 1 && number <= last ? number : null;
}
