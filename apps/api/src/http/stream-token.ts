import { createHmac, timingSafeEqual } from 'node:crypto';
import { fromPublicId, isUuid } from '@heddle/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Caller, unauthorized } from './auth.js';

/** What a stream token speaks for: its requests count as requests of the key that it was made for. */
export type TokenCaller = Pick<Caller, 'tenantId' | 'keyId' | 'rateLimitPerMin'>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `?token=` opens the route in place of a key, where it is a token for the job of the path. */
    streamToken?: boolean;
  }
  interface FastifyRequest {
    tokenCaller?: TokenCaller;
  }
}

/** Long enough to open a stream, and to open it again after a break. */
const LIFETIME_S = 600;
/** Tenant, key, requests a minute (0: any number) and end, one after the other. */
const UUID_BYTES = 16;
const RATE_AT = 2 * UUID_BYTES;
const TIME_AT = RATE_AT + 4;
const TIME_BYTES = 6;
const CLAIMS_BYTES = TIME_AT + TIME_BYTES;
const MAC_BYTES = 32;

/** Tokens for those who cannot send a header, such as `EventSource`: good for reading one job's events, for ten minutes. */
export class StreamTokens {
  constructor(private readonly secret: Buffer) {}

  issue({ tenantId, keyId, rateLimitPerMin }: TokenCaller, jobId: string, now = Date.now()): string {
    const claims = Buffer.alloc(CLAIMS_BYTES);
    claims.write((tenantId + keyId).replaceAll('-', ''), 'hex');
    claims.writeUInt32BE(rateLimitPerMin ?? 0, RATE_AT);
    claims.writeUIntBE(Math.floor(now / 1000) + LIFETIME_S, TIME_AT, TIME_BYTES);
    return Buffer.concat([claims, this.mac(jobId, claims)]).toString('base64url');
  }

  /** Whom the token lets read the job, or null. */
  callerOf(token: string, jobId: string, now = Date.now()): TokenCaller | null {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== CLAIMS_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return null;
    const claims = bytes.subarray(0, CLAIMS_BYTES);
    if (!timingSafeEqual(bytes.subarray(CLAIMS_BYTES), this.mac(jobId, claims))) return null;
    if (claims.readUIntBE(TIME_AT, TIME_BYTES) * 1000 <= now) return null;
    const [tenantId, keyId] = [uuidAt(claims, 0), uuidAt(claims, UUID_BYTES)];
    if (!isUuid(tenantId) || !isUuid(keyId)) return null;
    return { tenantId, keyId, rateLimitPerMin: claims.readUInt32BE(RATE_AT) || null };
  }

  private mac(jobId: string, claims: Buffer): Buffer {
    return createHmac('sha256', this.secret).update(`events ${jobId}\n`).update(claims).digest();
  }
}

/** Before keys are asked for: a request without one may have a token where the route takes them. A key goes first. */
export function acceptStreamTokens(fastify: FastifyInstance, tokens: StreamTokens): void {
  fastify.decorateRequest('tokenCaller', undefined);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { token } = request.query as { token?: unknown };
    if (!request.routeOptions.config.streamToken || token === undefined || request.headers.authorization)
      return done();
    const jobId = fromPublicId('job', (request.params as { id: string }).id);
    const caller = typeof token === 'string' && jobId ? tokens.callerOf(token, jobId) : null;
    if (!caller) return done(unauthorized(true));
    request.tokenCaller = caller;
    done();
  });
}

/** The tenant of a route that takes keys and stream tokens. */
export function tenantOf(request: FastifyRequest): string {
  const tenantId = (request.tokenCaller ?? request.caller)?.tenantId;
  if (!tenantId) throw new Error(`${request.routeOptions.url} uses its tenant but asks for no key`);
  return tenantId;
}

function uuidAt(bytes: Buffer, offset: number): string {
  const hex = bytes.toString('hex', offset, offset + UUID_BYTES);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
