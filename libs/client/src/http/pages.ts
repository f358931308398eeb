import type { Page } from '../types.js';
import type { QueryValue, RequestOptions } from './call.js';
import type { Transport } from './transport.js';

type Query = Record<string, QueryValue>;

/** A list. Iterated, it is all there is, page after page; nothing is asked for before that. */
export class Pages<T> implements AsyncIterable<T> {
  constructor(
    private readonly transport: Transport,
    private readonly path: string,
    private readonly query: Query,
    private readonly options: RequestOptions,
  ) {}

  /** The first page, or the one that a `next_cursor` names, as the API answers it. */
  page(cursor?: string): Promise<Page<T>> {
    const query = cursor === undefined ? this.query : { ...this.query, cursor };
    return this.transport.json({ method: 'GET', path: this.path, query }, this.options);
  }

  /** Page after page. */
  async *pages(): AsyncGenerator<Page<T>, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.page(cursor);
      yield page;
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) yield* page.data;
  }
}
