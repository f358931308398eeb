import { HeddleError } from '@heddle/contracts';
import type { AttemptError, Exchange } from '../exchange.js';
import type { UrlPolicy } from '../guard/policy.js';
import { addressesOf, BlockedAddressError, DnsError, type ResolveOptions } from '../guard/resolve.js';
import { hostOf, parseWebhookUrl } from '../guard/url.js';
import { connectTo, secure } from './connect.js';
import { excerptOf } from './excerpt.js';
import { AttemptFailure } from './failure.js';
import { assertSafe } from './headers.js';
import { postOver, type Reply } from './request.js';

export interface ClientOptions extends ResolveOptions {
  /** Certificates (PEM) of the authorities to trust instead of the well-known ones. */
  ca?: string;
  /** Longest exchange in milliseconds, with DNS and the whole reply; 15 s. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
const DEFAULT_PORTS: Record<string, number> = { 'https:': 443, 'http:': 80 };

/**
 * Posts webhooks to whatever URL a tenant named. Each exchange resolves the name, checks every address, connects to one
 * of them and no other, follows no redirect, asks no proxy, and reads at most 64 KiB.
 *
 * No connection is kept: it was checked for one exchange, by what the policy and DNS said then, and receivers that are
 * called once in a while close idle ones just when they are used again, which would look like a failed attempt.
 */
export class WebhookClient {
  private readonly open = new Set<AbortController>();
  private readonly running = new Set<Promise<unknown>>();
  private closed = false;

  constructor(
    private readonly policy: UrlPolicy,
    private readonly options: ClientOptions = {},
  ) {}

  /**
   * One attempt. Never throws for what the receiver or DNS does. Rejects with the reason of `signal` when that aborts,
   * with an AbortError when the client is closed, and with a TypeError for headers that no request may have.
   */
  async post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal?: AbortSignal,
  ): Promise<Exchange> {
    assertSafe(headers);
    signal?.throwIfAborted();
    if (this.closed) throw closedError();
    const stop = new AbortController();
    const abort = () => stop.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    this.open.add(stop);
    const attempt = this.attempt(url, headers, Buffer.from(body), stop);
    this.running.add(attempt);
    try {
      return await attempt;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.open.delete(stop);
      this.running.delete(attempt);
    }
  }

  /** Ends what is under way, whose posts reject, and takes no more. */
  async close(): Promise<void> {
    this.closed = true;
    for (const stop of this.open) stop.abort(closedError());
    await Promise.allSettled(this.running);
  }

  private async attempt(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: Buffer,
    stop: AbortController,
  ): Promise<Exchange> {
    const started = performance.now();
    const late = new Error('the exchange took too long');
    const timer = setTimeout(() => stop.abort(late), this.options.timeoutMs ?? TIMEOUT_MS);
    const reply: Reply = { statusCode: null, retryAfterS: null, chunks: [] };
    let error: AttemptError | null;
    try {
      await this.exchange(url, headers, body, reply, stop.signal);
      error = verdictOn(reply.statusCode ?? 0);
    } catch (failure) {
      if (stop.signal.aborted && stop.signal.reason !== late) throw stop.signal.reason;
      error = stop.signal.aborted ? 'timeout' : attemptError(failure);
    } finally {
      clearTimeout(timer);
    }
    return {
      statusCode: reply.statusCode,
      durationMs: Math.round(performance.now() - started),
      error,
      excerpt: reply.statusCode === null ? null : excerptOf(Buffer.concat(reply.chunks)),
      retryAfterS: reply.retryAfterS,
    };
  }

  private async exchange(
    text: string,
    headers: Readonly<Record<string, string>>,
    body: Buffer,
    reply: Reply,
    signal: AbortSignal,
  ): Promise<void> {
    const url = parseWebhookUrl(text, this.policy);
    const host = hostOf(url);
    const port = Number(url.port) || DEFAULT_PORTS[url.protocol]!;
    const addresses = await addressesOf(host, this.policy, signal, this.options);
    const socket = await connectTo(host, port, addresses, this.policy, signal);
    try {
      const stream = url.protocol === 'https:' ? await secure(socket, host, this.options.ca, signal) : socket;
      await postOver(stream, url, headers, body, reply, signal);
    } finally {
      socket.destroy();
    }
  }
}

function verdictOn(statusCode: number): AttemptError | null {
  if (statusCode >= 200 && statusCode < 300) return null;
  return statusCode >= 300 && statusCode < 400 ? 'redirect' : 'http-status';
}

/** What a failure is called; what no receiver, network or name server causes is thrown on. */
function attemptError(failure: unknown): AttemptError {
  if (failure instanceof AttemptFailure) return failure.reason;
  if (failure instanceof BlockedAddressError) return 'blocked-address';
  if (failure instanceof HeddleError && failure.code === 'webhook-url-invalid') return 'blocked-address';
  if (failure instanceof DnsError) return 'dns-failed';
  throw failure;
}

function closedError(): Error {
  return new DOMException('the webhook client is closed', 'AbortError');
}
