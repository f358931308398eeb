import { type ApiKeyScope, HeddleError } from '@heddle/contracts';
import type { Actor, LiveKey, LiveSession, SessionTimes, TenantLimits } from '@heddle/store';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Resources } from '../resources.js';
import { assertOwnWrite } from './own-site.js';
import { RateLimiter, rateLimitOf } from './rate-limit.js';
import { SessionCookies, takesSession } from './session-cookie.js';

/** Who a request acts for. */
export interface Caller {
  tenantId: string;
  keyId: string;
  keyName: string;
  scopes: ApiKeyScope[];
  /** Requests a minute of the key; null is no limit. */
  rateLimitPerMin: number | null;
  tenantLimits: TenantLimits;
  requestId: string;
  /** Of W3C: the span of the request, or what the client sent where none is recorded; null where that is not valid. */
  traceparent: string | null;
  /** Public id of the job that the request made; for the log. */
  jobId?: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Any one of these scopes opens the route; `[]` any key; absent: no key is asked for. */
    scopes?: ApiKeyScope[];
  }
  interface FastifyRequest {
    caller?: Caller;
    /** Of a request that came with its cookie in place of a key. */
    session?: { secret: string; live: LiveSession };
  }
}

/** A revoked key, and one of a tenant that is suspended, stops working within this time; so do its stream tokens. */
const CACHE_MS = 1_000;
const CACHE_SIZE = 10_000;
const BEARER = /^Bearer +(\S+)$/i;
const REALM = 'Bearer realm="api"';

/**
 * Checks the key of every request before its body is read: that it is valid, then its rate, then its scopes. One with a
 * stream token is one of the key that the token was made for, and one with the cookie of a session is one of the key that signed in.
 */
export function authenticateRequests(fastify: FastifyInstance, resources: Resources): void {
  const { keys } = resources.store;
  const keyOfSecret = cached((secret) => noteUse(resources, keys.authenticate(secret)));
  const keyOfToken = cached((id) => noteUse(resources, keys.findLive(id)));
  const sessionOf = sessions(resources);
  const limiter = new RateLimiter();
  const instanceLimit = resources.config.env.HEDDLE_RATE_LIMIT_PER_MIN;
  fastify.decorateRequest('caller', undefined);
  fastify.decorateRequest('session', undefined);
  fastify.addHook('onRequest', async (request, reply) => {
    const { scopes } = request.routeOptions.config;
    if (!scopes) return;
    const { tokenKeyId } = request;
    const header = request.headers.authorization;
    const secret = BEARER.exec(header ?? '')?.[1];
    const session = header === undefined && !tokenKeyId ? await sessionOf(request) : null;
    const key = session
      ? session.live.key
      : tokenKeyId
        ? await keyOfToken(tokenKeyId)
        : secret
          ? await keyOfSecret(secret)
          : null;
    if (!key || hasExpired(key)) throw unauthorized(header !== undefined || tokenKeyId !== undefined);
    if (key.suspended) throw new HeddleError('forbidden', 'The tenant of this key is suspended.');
    if (session) {
      assertOwnWrite(request, session.secret);
      request.session = session;
    }
    const caller = callerFrom(key, request, instanceLimit);
    enforceRate(limiter, caller, reply);
    const [needed] = scopes;
    if (needed && !scopes.some((scope) => allows(caller, scope))) throw lacks(needed);
    request.caller = caller;
  });
}

/** The caller of a route that asks for a key. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error(`${request.routeOptions.url} uses its caller but asks for no key`);
  return request.caller;
}

/** The caller as the audit log names who changes something. */
export function actorOf({ tenantId, keyId, keyName, requestId }: Caller): Actor {
  return { key: { id: keyId, tenantId }, name: keyName, requestId };
}

export function allows({ scopes }: Caller, scope: ApiKeyScope): boolean {
  return scopes.includes(scope) || (scope === 'read' && scopes.includes('manage'));
}

/** The error of a key without a scope it needs. */
export function lacks(scope: ApiKeyScope): HeddleError {
  return new HeddleError('forbidden', `This needs a key with the scope "${scope}".`, {
    extra: { required_scope: scope },
  });
}

/** Finds the session that a request is of; null where it is of none that goes on. Asked each time: one that is ended opens nothing more. */
function sessions(
  resources: Resources,
): (request: FastifyRequest) => Promise<FastifyRequest['session'] | null> {
  const { store, logger, config } = resources;
  const cookies = new SessionCookies(config.env);
  return async (request) => {
    const secret = takesSession(request.routeOptions.url) ? cookies.secretIn(request) : null;
    const live = secret === null ? null : await store.sessions.findLive(secret, sessionTimes(config));
    if (secret === null || live === null) return null;
    await noteUse(resources, Promise.resolve(live.key));
    if (live.useIsStale) {
      store.sessions
        .noteUse(live.key.tenantId, live.id)
        .catch((error: unknown) => logger.warn({ error }, 'the use of a session was not written down'));
    }
    return { secret, live };
  };
}

/** How long sessions last. */
export function sessionTimes({ env }: Resources['config']): SessionTimes {
  return { idleS: env.HEDDLE_SESSION_IDLE_S, maxS: env.HEDDLE_SESSION_MAX_S };
}

/** The key that was found; that it is used is written down. */
async function noteUse(
  { store, logger }: Resources,
  found: Promise<LiveKey | null>,
): Promise<LiveKey | null> {
  const key = await found;
  if (key?.useIsStale && !key.suspended) {
    // A database that cannot write is no reason to refuse a request that reads.
    store.keys
      .noteUse(key.tenantId, key.id)
      .catch((error: unknown) =>
        logger.warn({ error, key: key.id }, 'the use of a key was not written down'),
      );
  }
  return key;
}

function callerFrom(key: LiveKey, { id, span }: FastifyRequest, instanceLimit: number): Caller {
  return {
    tenantId: key.tenantId,
    keyId: key.id,
    keyName: key.name,
    scopes: key.scopes,
    rateLimitPerMin: rateLimitOf(key.rateLimitPerMin, key.tenantLimits.rateLimitPerMin, instanceLimit),
    tenantLimits: key.tenantLimits,
    requestId: id,
    traceparent: span?.traceparent ?? null,
  };
}

function enforceRate(
  limiter: RateLimiter,
  { keyId, rateLimitPerMin }: Pick<Caller, 'keyId' | 'rateLimitPerMin'>,
  reply: FastifyReply,
): void {
  if (rateLimitPerMin === null) return;
  const { headers, exceeded } = limiter.take(keyId, rateLimitPerMin);
  void reply.headers(headers);
  if (exceeded) throw exceeded;
}

/** An answer that is remembered may be older than the key's end. */
function hasExpired({ expiresAt }: LiveKey): boolean {
  return expiresAt !== null && expiresAt.getTime() <= Date.now();
}

/** The error of a request whose key is missing, or where one was `sent`, not valid. */
export function unauthorized(sent: boolean): HeddleError {
  const detail = sent ? 'The key is not valid.' : 'Send a key: Authorization: Bearer hdl_…';
  return new HeddleError('unauthorized', detail, {
    headers: { 'WWW-Authenticate': sent ? `${REALM}, error="invalid_token"` : REALM },
  });
}

/** Remembers answers for a moment; unknown secrets too, so that guessing costs the database little. */
function cached(
  find: (secretOrId: string) => Promise<LiveKey | null>,
): (secretOrId: string) => Promise<LiveKey | null> {
  const entries = new Map<string, { until: number; key: Promise<LiveKey | null> }>();
  return (secretOrId) => {
    const now = performance.now();
    const known = entries.get(secretOrId);
    if (known && known.until > now) return known.key;
    const key = find(secretOrId);
    entries.delete(secretOrId);
    entries.set(secretOrId, { until: now + CACHE_MS, key });
    key.catch(() => entries.delete(secretOrId));
    // Maps keep the order of insertion: the first key is the oldest.
    for (const [oldest, { until }] of entries) {
      if (until > now && entries.size <= CACHE_SIZE) break;
      entries.delete(oldest);
    }
    return key;
  };
}
