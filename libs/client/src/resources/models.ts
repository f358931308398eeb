import type { CreateOptions, RequestOptions } from '../http/call.js';
import { segment } from '../http/call.js';
import { Pages } from '../http/pages.js';
import type { Transport } from '../http/transport.js';
import type { BodyOf, FilterOf, Model } from '../types.js';

/** `model`: a name or `mdl_…`. */
export class Models {
  constructor(private readonly transport: Transport) {}

  /** Makes a model, whose versions are imported afterwards. */
  create(body: BodyOf<'createModel'>, options: CreateOptions = {}): Promise<Model> {
    return this.transport.json({ method: 'POST', path: '/v1/models', body, creates: true }, options);
  }

  get(model: string, options: RequestOptions = {}): Promise<Model> {
    return this.transport.json({ method: 'GET', path: pathOf(model) }, options);
  }

  list(filter: FilterOf<'listModels'> = {}, options: RequestOptions = {}): Pages<Model> {
    return new Pages(this.transport, '/v1/models', filter, options);
  }

  update(model: string, body: BodyOf<'updateModel'>, options: RequestOptions = {}): Promise<Model> {
    return this.transport.json({ method: 'PATCH', path: pathOf(model), body }, options);
  }

  /** With its versions. */
  delete(model: string, options: RequestOptions = {}): Promise<void> {
    return this.transport.json({ method: 'DELETE', path: pathOf(model) }, options);
  }
}

function pathOf(model: string): string {
  return `/v1/models/${segment(model)}`;
}
