import type { RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import type { Alias, BodyOf } from '../types.js';

export interface ChangeAliasOptions extends RequestOptions {
  /**
   * The `etag` that `answerInfo` knows of an alias, or `*` where there is to be one: a change by another since then is a
   * PreconditionFailedError. So is a repetition after an answer was lost.
   */
  ifMatch?: string | undefined;
}

/** `model`: a name or `mdl_…`. */
export class Aliases {
  constructor(private readonly transport: Transport) {}

  list(model: string, options: RequestOptions = {}): Pages<Alias> {
    return new Pages(this.transport, pathOf(model), {}, options);
  }

  /** With its history. */
  get(model: string, name: string, options: RequestOptions = {}): Promise<Alias> {
    return this.transport.json({ method: 'GET', path: pathOf(model, name) }, options);
  }

  /** Points it to a version: jobs that are accepted from then on use it. What `body` leaves out is taken away. */
  set(
    model: string,
    name: string,
    body: BodyOf<'setAlias'>,
    { ifMatch, ...options }: ChangeAliasOptions = {},
  ): Promise<Alias> {
    const headers = headersOf(ifMatch);
    return this.transport.json({ method: 'PUT', path: pathOf(model, name), body, headers }, options);
  }

  delete(model: string, name: string, { ifMatch, ...options }: ChangeAliasOptions = {}): Promise<void> {
    const headers = headersOf(ifMatch);
    return this.transport.json({ method: 'DELETE', path: pathOf(model, name), headers }, options);
  }
}

function headersOf(ifMatch: string | undefined): Record<string, string> {
  return ifMatch === undefined ? {} : { 'if-match': ifMatch };
}

function pathOf(model: string, name?: string): string {
  const path = `/v1/models/${segment(model)}/aliases`;
  return name === undefined ? path : `${path}/${segment(name)}`;
}
