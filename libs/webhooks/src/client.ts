import type { Exchange } from './exchange.js';
import type { UrlPolicy } from './policy.js';

export interface ClientOptions {
  /** Name servers to ask instead of the system's, such as `127.0.0.1:5353`. */
  dnsServers?: string[];
  /** Certificates (PEM) to trust instead of the well-known authorities. */
  ca?: string;
  /** Longest exchange in milliseconds; 15 s. */
  timeoutMs?: number;
}

/** One POST, addresses checked and pinned, no redirect followed, at most 64 KiB read, 15 s in all. */
export class WebhookClient {
  constructor(
    readonly policy: UrlPolicy,
    readonly options: ClientOptions = {},
  ) {}

  /** Never throws for what the receiver does; rejects when `signal` aborts or the client is closed. */
  async post(
    _url: string,
    _headers: Record<string, string>,
    _body: string,
    _signal?: AbortSignal,
  ): Promise<Exchange> {
    throw new Error('not built yet');
  }

  async close(): Promise<void> {}
}
