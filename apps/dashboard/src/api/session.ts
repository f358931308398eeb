import { ApiError } from '@heddle/client';
import { request, setCsrfToken } from './http.js';
import type { Scope } from './scopes.js';
import { markSignedIn, mayBeSignedIn } from './signed-in-mark.js';

export { onSignedInElsewhere } from './signed-in-mark.js';

/** Who is signed in. */
export interface Session {
  tenant: { slug: string; name: string };
  key: { id: string; name: string; scopes: Scope[] };
  csrf_token: string;
  /** When it ends at the latest. */
  expires_at: string;
  /** Without a request for so many seconds, it ends. */
  idle_timeout_s: number;
}

/** The session of the cookie; null when there is none. */
export async function readSession(signal?: AbortSignal): Promise<Session | null> {
  if (!mayBeSignedIn()) return null;
  try {
    return entered(await request<Session>('GET', '/v1/session', { signal, send: plainFetch }));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    leave();
    return null;
  }
}

/** Throws ApiError 401 for a wrong key. */
export async function signIn(key: string): Promise<Session> {
  const session = entered(await request<Session>('POST', '/v1/session', { body: { key }, send: plainFetch }));
  markSignedIn(session.expires_at);
  return session;
}

export async function signOut(): Promise<void> {
  await request('DELETE', '/v1/session');
  leave();
}

function entered(session: Session): Session {
  setCsrfToken(session.csrf_token);
  return session;
}

/** Nobody is signed in here any more. */
export function leave(): void {
  setCsrfToken(null);
  markSignedIn(null);
}

/** A 401 here says that nobody is signed in yet, not that a session has ended. */
const plainFetch: typeof fetch = (input, init) => fetch(input, { ...init, credentials: 'same-origin' });
