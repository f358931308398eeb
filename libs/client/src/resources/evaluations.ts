import type { CreateOptions, RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { type StreamOptions, streamEvents } from '../http/event-stream.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import { isTerminal, untilEnded, type WaitOptions } from '../http/until-ended.js';
import type { BodyOf, Evaluation, EvaluationEvent, EvaluationItem, FilterOf } from '../types.js';
import type { LookOptions } from './batches.js';

export class Evaluations {
  constructor(private readonly transport: Transport) {}

  /** Measures a version on a file that was uploaded with the purpose `dataset`. */
  create(body: BodyOf<'createEvaluation'>, options: CreateOptions = {}): Promise<Evaluation> {
    return this.transport.json({ method: 'POST', path: '/v1/evaluations', body, creates: true }, options);
  }

  get(id: string, { waitS, ...options }: LookOptions = {}): Promise<Evaluation> {
    return this.transport.json({ method: 'GET', path: pathOf(id), waitS }, options);
  }

  list(filter: FilterOf<'listEvaluations'> = {}, options: RequestOptions = {}): Pages<Evaluation> {
    return new Pages(this.transport, '/v1/evaluations', filter, options);
  }

  /** The evaluation once it has ended, however it did. Throws WaitTimeoutError. */
  wait(id: string, options: WaitOptions = {}): Promise<Evaluation> {
    return untilEnded((waitS, rest) => this.get(id, { waitS, ...rest }), isTerminal, options);
  }

  /** Examples and what was answered, in the order of the data set. */
  items(
    id: string,
    filter: FilterOf<'listEvaluationItems'> = {},
    options: RequestOptions = {},
  ): Pages<EvaluationItem> {
    return new Pages(this.transport, `${pathOf(id)}/items`, filter, options);
  }

  /** Its events to `done`; over as many connections as it takes. */
  stream(id: string, options: StreamOptions = {}): AsyncGenerator<EvaluationEvent, void, undefined> {
    return streamEvents(this.transport, { path: `${pathOf(id)}/events` }, options) as AsyncGenerator<
      EvaluationEvent,
      void,
      undefined
    >;
  }

  cancel(id: string, options: RequestOptions = {}): Promise<Evaluation> {
    return this.transport.json({ method: 'POST', path: `${pathOf(id)}/cancel`, body: {} }, options);
  }
}

function pathOf(id: string): string {
  return `/v1/evaluations/${segment(id)}`;
}
