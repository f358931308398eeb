/** A file with fields as a multipart body. */
export interface Upload {
  headers: Record<string, string>;
  /** From the start, at every call. */
  body(): FormData | ReadableStream<Uint8Array>;
  /** Whether `body` may be called more than once. */
  repeatable: boolean;
  /** What reading the file has thrown; undefined while it has not. */
  failure(): unknown;
}

/** What a query parameter may be: a list stands several times, members of an object as `name[member]`. */
export type QueryValue = string | number | boolean | readonly string[] | Record<string, string> | undefined;

/** One request of the API. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, QueryValue>;
  body?: unknown;
  /** In place of `body`. */
  upload?: Upload;
  headers?: Record<string, string>;
  /** Seconds that the server is asked to hold the answer. */
  waitS?: number | undefined;
  /** Something is made: an `Idempotency-Key` goes with it, so that a repetition makes nothing more. */
  creates?: boolean;
  /** A repetition would do it again, so only what was surely not done is tried again. */
  unrepeatable?: boolean;
}

export interface RequestOptions {
  /** Breaks the request off, with its reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds that one try may take, besides those it was asked to wait; 0: any. */
  timeoutMs?: number | undefined;
  /** Tries after the first. */
  maxRetries?: number | undefined;
  /** Added to those of the client, e.g. `x-request-id` or `traceparent`. */
  headers?: Record<string, string> | undefined;
}

export interface CreateOptions extends RequestOptions {
  /** 1 to 255 visible ASCII characters; by default a new one for each call. The same key and fields make one thing, however often. */
  idempotencyKey?: string | undefined;
}

/** A text as a segment of a path. Throws TypeError for what is none. */
export function segment(text: string | number): string {
  const encoded = encodeURIComponent(text);
  // Paths are normalised before they are sent: `..` would be another path.
  if (/^\.{0,2}$/.test(encoded)) throw new TypeError(`"${text}" is not an id or a name`);
  return encoded;
}

/** `?name=value&…`, or nothing. */
export function queryText(query: Record<string, QueryValue> = {}): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (typeof value !== 'object') pairs.append(name, String(value));
    else if (Array.isArray(value)) for (const one of value as string[]) pairs.append(name, one);
    else for (const [member, one] of Object.entries(value)) pairs.append(`${name}[${member}]`, one);
  }
  const text = pairs.toString();
  return text === '' ? '' : `?${text}`;
}
