import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '@heddle/contracts';
import { CliError, EXIT } from './errors.js';
import type { Upload } from './upload.js';

export interface ClientOptions {
  server: string;
  key: string | undefined;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface RequestOptions {
  body?: unknown;
  /** A file with fields in place of `body`. */
  upload?: Upload;
  headers?: Record<string, string>;
  /** Breaks the request off. */
  signal?: AbortSignal;
  /** Ends the repetitions, not what is under way. */
  giveUp?: AbortSignal;
}

/** Tries for what a server that is busy or restarting refuses. */
const MAX_TRIES = 5;
const MAX_RETRY_AFTER_S = 30;

/** The native API over HTTP. */
export class Client {
  constructor(private readonly options: ClientOptions) {}

  /**
   * The parsed answer. Refusals for want of capacity are tried again as the server asks, until `giveUp`; `signal`
   * breaks a request off. Throws CliError.
   */
  async request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.answerOf(method, path, options);
    if (response.status === 204) return undefined as T;
    return this.bodyOf<T>(response, options.signal);
  }

  /** An answer whose bytes are read as they come. Throws CliError as `request` does. */
  open(path: string, headers: Record<string, string>): Promise<Response> {
    return this.answerOf('GET', path, { headers });
  }

  private async answerOf(method: Method, path: string, options: RequestOptions): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.send(method, path, options);
      if (response.ok) return response;
      const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
      const busy = response.status === 429 || response.status === 503;
      if (!busy || attempt === MAX_TRIES || !(retryAfterS <= MAX_RETRY_AFTER_S))
        throw await refusal(response);
      await sleep(retryAfterS * 1000, undefined, options.giveUp ? { signal: options.giveUp } : {}).catch(
        () => {
          throw new CliError('interrupted', EXIT.interrupted);
        },
      );
    }
  }

  private async send(
    method: string,
    path: string,
    { body, upload, headers, signal }: RequestOptions,
  ): Promise<Response> {
    if (!this.options.key) {
      throw new CliError('no key: set HEDDLE_API_KEY or give --key', EXIT.auth);
    }
    if (!/^[\x21-\x7e]+$/.test(this.options.key)) {
      throw new CliError('the key holds characters that no key has: see HEDDLE_API_KEY or --key', EXIT.auth);
    }
    try {
      return await fetch(new URL(path, this.options.server), {
        method,
        headers: {
          authorization: `Bearer ${this.options.key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...upload?.headers,
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(upload ? { body: upload.body(), duplex: 'half' as const } : {}),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      throw this.unreachable(error, signal);
    }
  }

  private async bodyOf<T>(response: Response, signal: AbortSignal | undefined): Promise<T> {
    try {
      return (await response.json()) as T;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw this.unreachable(error, signal);
      throw new CliError(
        `what answers at ${this.options.server} is not Heddle: check HEDDLE_URL or --server`,
        EXIT.network,
      );
    }
  }

  private unreachable(error: unknown, signal: AbortSignal | undefined): CliError {
    if (signal?.aborted) return new CliError('interrupted', EXIT.interrupted);
    // A file that is uploaded can fail as well, while it is read.
    if (error instanceof CliError) return error;
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    if (cause instanceof CliError) return cause;
    return new CliError(
      `cannot reach ${this.options.server} (${cause?.code ?? cause?.message ?? message}). ` +
        'Is Heddle running? HEDDLE_URL or --server names another address.',
      EXIT.network,
    );
  }
}

async function refusal(response: Response): Promise<CliError> {
  const status = exitStatusOf(response.status);
  const problem = (await response.json().catch(() => null)) as Problem | null;
  if (!problem?.code) return new CliError(`the server answered ${response.status}`, status);
  const details = (problem.errors ?? []).map(({ pointer, message }) => `\n  ${pointer}: ${message}`).join('');
  return new CliError(`${problem.code}: ${problem.detail} (request ${problem.request_id})${details}`, status);
}

function exitStatusOf(httpStatus: number): number {
  if (httpStatus === 401 || httpStatus === 403) return EXIT.auth;
  if (httpStatus === 404) return EXIT.notFound;
  if (httpStatus === 429 || httpStatus === 503 || httpStatus === 507) return EXIT.capacity;
  return httpStatus < 500 ? EXIT.conflict : EXIT.network;
}
