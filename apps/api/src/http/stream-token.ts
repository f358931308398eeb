import { createHmac, timingSafeEqual } from 'node:crypto';
import { fromPublicId, isUuid } from '@heddle/contracts';
import type { FastifyInstance } from 'fastify';
import { unauthorized } from './auth.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `?token=` opens the route in place of a key, where it is a token for the job of the path. */
    streamToken?: boolean;
  }
  interface FastifyRequest {
    /** Of the key that the token of the request was made for. */
    tokenKeyId?: string;
  }
}

/** Long enough to open a stream, and to open it again after a break. */
const LIFETIME_S = 600;
/** Key and end, one after the other. */
const TIME_AT = 16;
const TIME_BYTES = 6;
const CLAIMS_BYTES = TIME_AT + TIME_BYTES;
const MAC_BYTES = 32;

/** Tokens for those who cannot send a header, such as `EventSource`: good for reading one job's events, for ten minutes unless told otherwise. */
export class StreamTokens {
  constructor(private readonly secret: Buffer) {}

  issue(keyId: string, jobId: string, now = Date.now(), lifetimeS = LIFETIME_S): string {
    const claims = Buffer.alloc(CLAIMS_BYTES);
    claims.write(keyId.replaceAll('-', ''), 'hex');
    claims.writeUIntBE(Math.floor(now / 1000) + lifetimeS, TIME_AT, TIME_BYTES);
    return Buffer.concat([claims, this.mac(jobId, claims)]).toString('base64url');
  }

  /** UUID of the key that the token was made for, or null where it does not let read the job. */
  keyOf(token: string, jobId: string, now = Date.now()): string | null {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== CLAIMS_BYTES + MAC_BYTES || bytes.toString('base64url') !== token) return null;
    const claims = bytes.subarray(0, CLAIMS_BYTES);
    if (!timingSafeEqual(bytes.subarray(CLAIMS_BYTES), this.mac(jobId, claims))) return null;
    if (claims.readUIntBE(TIME_AT, TIME_BYTES) * 1000 <= now) return null;
    const keyId = uuidIn(claims);
    return isUuid(keyId) ? keyId : null;
  }

  private mac(jobId: string, claims: Buffer): Buffer {
    return createHmac('sha256', this.secret).update(`events ${jobId}\n`).update(claims).digest();
  }
}

/** Before keys are asked for: a request without one may have a token where the route takes them. A key goes first. */
export function acceptStreamTokens(fastify: FastifyInstance, tokens: StreamTokens): void {
  fastify.decorateRequest('tokenKeyId', undefined);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { token } = request.query as { token?: unknown };
    if (!request.routeOptions.config.streamToken || token === undefined || request.headers.authorization)
      return done();
    const jobId = fromPublicId('job', (request.params as { id: string }).id);
    const keyId = typeof token === 'string' && jobId ? tokens.keyOf(token, jobId) : null;
    if (!keyId) return done(unauthorized(true));
    request.tokenKeyId = keyId;
    done();
  });
}

function uuidIn(claims: Buffer): string {
  const hex = claims.toString('hex', 0, TIME_AT);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
