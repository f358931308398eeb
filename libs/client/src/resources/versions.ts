import type { CreateOptions, RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import { untilEnded, type WaitOptions } from '../http/until-ended.js';
import type { BodyOf, FilterOf, Version } from '../types.js';
import type { LookOptions } from './batches.js';

const BEING_IMPORTED: readonly Version['status'][] = ['importing', 'converting', 'verifying'];

/** `model`: a name or `mdl_…`; `version`: a number or `ver_…`. */
export class Versions {
  constructor(private readonly transport: Transport) {}

  /** Has uploaded files compiled and verified as a new version. */
  import(model: string, body: BodyOf<'importVersion'>, options: CreateOptions = {}): Promise<Version> {
    return this.transport.json({ method: 'POST', path: pathOf(model), body, creates: true }, options);
  }

  get(model: string, version: string | number, { waitS, ...options }: LookOptions = {}): Promise<Version> {
    return this.transport.json({ method: 'GET', path: pathOf(model, version), waitS }, options);
  }

  list(model: string, filter: FilterOf<'listVersions'> = {}, options: RequestOptions = {}): Pages<Version> {
    return new Pages(this.transport, pathOf(model), filter, options);
  }

  /** The version once its import has ended: `ready`, or `failed` with an `error`. Throws WaitTimeoutError. */
  wait(model: string, version: string | number, options: WaitOptions = {}): Promise<Version> {
    return untilEnded(
      (waitS, rest) => this.get(model, version, { waitS, ...rest }),
      ({ status }) => !BEING_IMPORTED.includes(status),
      options,
    );
  }

  /** Notes, keeps warm or archives it. */
  update(
    model: string,
    version: string | number,
    body: BodyOf<'updateVersion'>,
    options: RequestOptions = {},
  ): Promise<Version> {
    return this.transport.json({ method: 'PATCH', path: pathOf(model, version), body }, options);
  }

  /** An unfinished import is canceled by this. */
  delete(model: string, version: string | number, options: RequestOptions = {}): Promise<void> {
    return this.transport.json({ method: 'DELETE', path: pathOf(model, version) }, options);
  }
}

function pathOf(model: string, version?: string | number): string {
  const path = `/v1/models/${segment(model)}/versions`;
  return version === undefined ? path : `${path}/${segment(version)}`;
}
