import {
  ApiError,
  apiError,
  ConnectionError,
  NotFoundError,
  ServerError,
  UnexpectedAnswerError,
} from '../errors.js';
import type { Problem } from '../types.js';
import { remembered } from './answers.js';
import { Attempt, pause } from './attempt.js';
import { textOf } from './body-text.js';
import { type Call, type CreateOptions, queryText, type RequestOptions } from './call.js';
import { pauseBefore, retryAfterMs } from './retries.js';

export interface ClientOptions {
  /** Address of Heddle, such as `https://heddle.example`; where a proxy serves it under a path, with that. */
  baseUrl: string;
  /** `hdl_…`. Without one, requests carry what `headers` and the browser give them. */
  apiKey?: string | undefined;
  /** Tries after the first (2). */
  maxRetries?: number | undefined;
  /** Milliseconds that one try may take, besides those it was asked to wait (60 000); 0: any. Uploads may take any time. */
  timeoutMs?: number | undefined;
  /** Sent with every request. */
  headers?: Record<string, string> | undefined;
  /** In place of the global one. */
  fetch?: typeof fetch | undefined;
}

const DEFAULT_RETRIES = 2;
const DEFAULT_TIMEOUT_MS = 60_000;
/** Random bytes of an idempotency key. */
const KEY_BYTES = 16;

/** An answer whose body is read as it comes; `attempt.end()` when that is over. */
export interface OpenAnswer {
  response: Response;
  attempt: Attempt;
}

/** Requests over HTTP: what passes by itself is tried again, and no repetition makes anything twice. */
export class Transport {
  readonly maxRetries: number;
  readonly timeoutMs: number;
  private readonly base: string;
  private readonly headers: Record<string, string>;
  private readonly fetch: typeof fetch;

  /** Throws TypeError for an address or a key that is none. */
  constructor(options: ClientOptions) {
    const { baseUrl, apiKey } = options;
    if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol))
      throw new TypeError(`baseUrl "${baseUrl}" is not a URL that begins with http:// or https://`);
    // Otherwise fetch would throw an error that shows the key.
    if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey))
      throw new TypeError('apiKey is empty or holds characters that no key has');
    this.base = baseUrl.replace(/\/+$/, '');
    this.maxRetries = options.maxRetries ?? DEFAULT_RETRIES;
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.headers = {
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...options.headers,
    };
    const send = options.fetch ?? fetch;
    // Browsers call it as a function only, never as a method of another object.
    this.fetch = (...request) => send(...request);
  }

  /** The parsed answer; undefined where there is none. Throws HeddleError, or the reason of the signal. */
  json<T>(call: Call, options: CreateOptions): Promise<T> {
    return this.repeating(call, options, async ({ response, attempt }) => {
      try {
        return await this.parse<T>(response, attempt);
      } catch (error) {
        throw attempt.errorFor(error, `the answer of ${this.base} broke off`);
      } finally {
        attempt.end();
      }
    });
  }

  /** An answer whose body is read as it comes. Throws as `json` does. */
  open(call: Call, options: RequestOptions): Promise<OpenAnswer> {
    return this.repeating(call, options, async (answer) => {
      // Who reads it has a clock of their own, and begins when they like.
      answer.attempt.limit(0);
      return answer;
    });
  }

  private async repeating<T>(
    call: Call,
    options: CreateOptions,
    read: (answer: OpenAnswer) => Promise<T>,
  ): Promise<T> {
    const most = options.maxRetries ?? this.maxRetries;
    const key = call.creates ? (options.idempotencyKey ?? newKey()) : undefined;
    const headers = { ...call.headers, ...(key === undefined ? {} : { 'idempotency-key': key }) };
    let mayBeDone = false;
    for (let tries = 1; ; tries++) {
      try {
        return await read(await this.send({ ...call, headers }, options));
      } catch (error) {
        // The try before has deleted it, and its answer was lost.
        if (call.method === 'DELETE' && mayBeDone && error instanceof NotFoundError) return undefined as T;
        const pauseMs = tries > most ? null : pauseBefore(error, call, tries);
        if (pauseMs === null) throw error;
        mayBeDone ||= error instanceof ConnectionError || error instanceof ServerError;
        await pause(pauseMs, options.signal);
      }
    }
  }

  /** One try, until its status is known. */
  private async send(call: Call, options: RequestOptions): Promise<OpenAnswer> {
    const { method, path, query, body, upload, waitS } = call;
    const attempt = new Attempt(options.signal);
    const timeoutMs = options.timeoutMs ?? (upload ? 0 : this.timeoutMs);
    attempt.limit(timeoutMs === 0 ? 0 : timeoutMs + (waitS ?? 0) * 1000);
    try {
      const response = await this.fetch(`${this.base}${path}${queryText(query)}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(waitS ? { prefer: `wait=${waitS}` } : {}),
          ...this.headers,
          ...upload?.headers,
          ...call.headers,
          ...options.headers,
        },
        // A POST that is redirected becomes a GET of something else.
        redirect: 'error',
        signal: attempt.signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(upload ? { body: upload.body(), duplex: 'half' } : {}),
      } as RequestInit);
      if (!response.ok) throw await refusalOf(response, attempt);
      return { response, attempt };
    } catch (error) {
      attempt.end();
      const unread = upload?.failure();
      throw unread ?? attempt.errorFor(error, `cannot reach ${this.base}`);
    }
  }

  private async parse<T>(response: Response, attempt: Attempt): Promise<T> {
    if (response.status === 204) return undefined as T;
    const text = await textOf(response, attempt);
    try {
      return remembered(JSON.parse(text) as T, response);
    } catch {
      throw new UnexpectedAnswerError(`what answers at ${this.base} is not Heddle`);
    }
  }
}

async function refusalOf(response: Response, attempt: Attempt): Promise<ApiError> {
  const { status, headers } = response;
  const body = parsed(await textOf(response, attempt));
  return apiError({
    status,
    problem: isProblem(body) ? body : null,
    requestId: headers.get('x-request-id'),
    retryAfterMs: retryAfterMs(headers.get('retry-after')),
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof (body as Problem | null)?.code === 'string';
}

/** `crypto.randomUUID` is missing on pages that came over http. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
