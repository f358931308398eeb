import { type ApiKeyScope, HeddleError } from '@heddle/contracts';
import type { Store } from '@heddle/store';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Who a request acts for. */
export interface Caller {
  tenantId: string;
  keyId: string;
  keyName: string;
  scopes: ApiKeyScope[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Any one of these scopes opens the route; `[]` any key; absent: no key is asked for. */
    scopes?: ApiKeyScope[];
  }
  interface FastifyRequest {
    caller?: Caller;
  }
}

/** A revoked key stops working within this time. */
const CACHE_MS = 1_000;
const CACHE_SIZE = 10_000;
const BEARER = /^Bearer +(\S+)$/i;
const REALM = 'Bearer realm="api"';

/** Checks the key of every request before its body is read. */
export function authenticateRequests(fastify: FastifyInstance, store: Store): void {
  const authenticate = cached((secret) => findCaller(store, secret));
  fastify.decorateRequest('caller', undefined);
  fastify.addHook('onRequest', async (request) => {
    const { scopes } = request.routeOptions.config;
    if (!scopes || request.tokenTenant !== undefined) return;
    const header = request.headers.authorization;
    const secret = BEARER.exec(header ?? '')?.[1];
    const caller = secret ? await authenticate(secret) : null;
    if (!caller) throw unauthorized(header !== undefined);
    if (scopes.length > 0 && !scopes.some((scope) => allows(caller, scope))) {
      throw new HeddleError('forbidden', `This needs a key with the scope "${scopes[0]}".`, {
        extra: { required_scope: scopes[0] },
      });
    }
    request.caller = caller;
  });
}

/** The caller of a route that asks for a key. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error(`${request.routeOptions.url} uses its caller but asks for no key`);
  return request.caller;
}

async function findCaller(store: Store, secret: string): Promise<Caller | null> {
  const key = await store.keys.authenticate(secret);
  return (
    key && { tenantId: key.tenantId, keyId: key.id, keyName: key.name, scopes: key.scopes as ApiKeyScope[] }
  );
}

function allows({ scopes }: Caller, scope: ApiKeyScope): boolean {
  return scopes.includes(scope) || (scope === 'read' && scopes.includes('manage'));
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
  find: (secret: string) => Promise<Caller | null>,
): (secret: string) => Promise<Caller | null> {
  const entries = new Map<string, { until: number; caller: Promise<Caller | null> }>();
  return (secret) => {
    const known = entries.get(secret);
    if (known && known.until > performance.now()) return known.caller;
    const caller = find(secret);
    entries.delete(secret);
    entries.set(secret, { until: performance.now() + CACHE_MS, caller });
    caller.catch(() => entries.delete(secret));
    // Maps keep the order of insertion: the first key is the oldest.
    if (entries.size > CACHE_SIZE) entries.delete(entries.keys().next().value!);
    return caller;
  };
}
