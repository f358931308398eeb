import { ApiError, ConnectionError, type Problem } from '@heddle/client';

/** Header that shows that a request comes from a page of this origin. */
const CSRF_HEADER = 'x-csrf-token';

let csrfToken: string | null = null;
const signedOut = new Set<() => void>();

/** The token of the session, sent with every request that changes something; null when nobody is signed in. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Calls back when the server says that the session is over. Returns what ends that. */
export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener);
  return () => void signedOut.delete(listener);
}

export function csrfHeaders(method: string): Record<string, string> {
  return csrfToken === null || method === 'GET' || method === 'HEAD' ? {} : { [CSRF_HEADER]: csrfToken };
}

/** `fetch` with the cookie and the token of the session. */
export const sessionFetch: typeof fetch = async (input, init = {}) => {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(csrfHeaders(init.method ?? 'GET'))) headers.set(name, value);
  const response = await fetch(input, { ...init, headers, credentials: 'same-origin' });
  if (response.status === 401) for (const listener of signedOut) listener();
  return response;
};

/** One request without repetitions; the parsed answer, undefined of a 204. Throws ApiError or ConnectionError. */
export async function request<T>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  { body, signal, send = sessionFetch }: { body?: unknown; signal?: AbortSignal; send?: typeof fetch } = {},
): Promise<T> {
  const response = await send(path, {
    method,
    signal,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ConnectionError('cannot reach the server', { cause: error });
  });
  const text = await response.text();
  if (!response.ok) throw refusal(response.status, text, response.headers);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

export function refusal(status: number, text: string, headers: Headers): ApiError {
  return new ApiError({
    status,
    problem: problemOf(text),
    requestId: headers.get('x-request-id'),
    retryAfterMs: retryAfterMs(headers.get('retry-after')),
  });
}

/** The api tells seconds; a proxy may tell a date, which nobody is shown. */
function retryAfterMs(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : null;
}

function problemOf(text: string): Problem | null {
  try {
    const body: unknown = JSON.parse(text);
    return typeof (body as Problem | null)?.code === 'string' ? (body as Problem) : null;
  } catch {
    // A proxy answers with a page.
    return null;
  }
}
