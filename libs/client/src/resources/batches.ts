import type { CreateOptions, RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { type StreamOptions, streamEvents } from '../http/event-stream.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import { isTerminal, untilEnded, type WaitOptions } from '../http/until-ended.js';
import type { Batch, BatchEvent, BodyOf, FilterOf } from '../types.js';

export interface LookOptions extends RequestOptions {
  /** Seconds, 1 to 60, that the answer is held for it to end. */
  waitS?: number | undefined;
}

export class Batches {
  constructor(private readonly transport: Transport) {}

  /** Runs the lines of a file that was uploaded with the purpose `batch`. */
  create(body: BodyOf<'createBatch'>, options: CreateOptions = {}): Promise<Batch> {
    return this.transport.json({ method: 'POST', path: '/v1/batches', body, creates: true }, options);
  }

  get(id: string, { waitS, ...options }: LookOptions = {}): Promise<Batch> {
    return this.transport.json({ method: 'GET', path: pathOf(id), waitS }, options);
  }

  list(filter: FilterOf<'listBatches'> = {}, options: RequestOptions = {}): Pages<Batch> {
    return new Pages(this.transport, '/v1/batches', filter, options);
  }

  /** The batch once it has ended, however it did: `counts` says how its lines did. Throws WaitTimeoutError. */
  wait(id: string, options: WaitOptions = {}): Promise<Batch> {
    return untilEnded((waitS, rest) => this.get(id, { waitS, ...rest }), isTerminal, options);
  }

  /** Its events to `done`; over as many connections as it takes. */
  stream(id: string, options: StreamOptions = {}): AsyncGenerator<BatchEvent, void, undefined> {
    return streamEvents(this.transport, { path: `${pathOf(id)}/events` }, options) as AsyncGenerator<
      BatchEvent,
      void,
      undefined
    >;
  }

  /** Lines that are done stay done. */
  cancel(id: string, options: RequestOptions = {}): Promise<Batch> {
    return this.transport.json({ method: 'POST', path: `${pathOf(id)}/cancel`, body: {} }, options);
  }
}

function pathOf(id: string): string {
  return `/v1/batches/${segment(id)}`;
}
