import { createHmac, timingSafeEqual } from 'node:crypto';
import { fromPublicId, isUuid } from '@heddle/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { unauthorized } from './auth.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `?token=` opens the route in place of a key, where it is a token for the job of the path. */
    streamToken?: boolean;
  }
  interface FastifyRequest {
    /** The tenant that a stream token speaks for. */
    tokenTenant?: string;
  }
}

/** Long enough to open a stream, and to open it again after a break. */
const LIFETIME_S = 600;
const TENANT_BYTES = 16;
const TIME_BYTES = 6;
const MAC_BYTES = 32;

/** Tokens for those who cannot send a header, such as `EventSource`: good for reading one job's events, for ten minutes. */
export class StreamTokens {
  constructor(private readonly secret: Buffer) {}

  issue(tenantId: string, jobId: string, now = Date.now()): string {
    const claims = Buffer.alloc(TENANT_BYTES + TIME_BYTES);
    claims.write(tenantId.replaceAll('-', ''), 'hex');
    claims.writeUIntBE(Math.floor(now / 1000) + LIFETIME_S, TENANT_BYTES, TIME_BYTES);
    return Buffer.concat([claims, this.mac(jobId, claims)]).toString('base64url');
  }

  /** The tenant that the token lets read the job, or null. */
  tenantOf(token: string, jobId: string, now = Date.now()): string | null {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== TENANT_BYTES + TIME_BYTES + MAC_BYTES || bytes.toString('base64url') !== token)
      return null;
    const claims = bytes.subarray(0, TENANT_BYTES + TIME_BYTES);
    if (!timingSafeEqual(bytes.subarray(claims.length), this.mac(jobId, claims))) return null;
    if (claims.readUIntBE(TENANT_BYTES, TIME_BYTES) * 1000 <= now) return null;
    const hex = claims.toString('hex', 0, TENANT_BYTES);
    const tenantId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    return isUuid(tenantId) ? tenantId : null;
  }

  private mac(jobId: string, claims: Buffer): Buffer {
    return createHmac('sha256', this.secret).update(`events ${jobId}\n`).update(claims).digest();
  }
}

/** Before keys are asked for: a request without one may have a token where the route takes them. A key goes first. */
export function acceptStreamTokens(fastify: FastifyInstance, tokens: StreamTokens): void {
  fastify.decorateRequest('tokenTenant', undefined);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { token } = request.query as { token?: unknown };
    if (!request.routeOptions.config.streamToken || token === undefined || request.headers.authorization)
      return done();
    const jobId = fromPublicId('job', (request.params as { id: string }).id);
    const tenantId = typeof token === 'string' && jobId ? tokens.tenantOf(token, jobId) : null;
    if (!tenantId) return done(unauthorized(true));
    request.tokenTenant = tenantId;
    done();
  });
}

/** The tenant of a route that takes keys and stream tokens. */
export function tenantOf(request: FastifyRequest): string {
  const tenantId = request.tokenTenant ?? request.caller?.tenantId;
  if (!tenantId) throw new Error(`${request.routeOptions.url} uses its tenant but asks for no key`);
  return tenantId;
}
