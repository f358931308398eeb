import { createHmac, randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Resources } from '../resources.js';

/** Of a session's secret: nobody guesses one, however often. */
const SECRET_BYTES = 32;
const SECRET = /^[\w-]{43}$/;
/** The name in the OpenAPI document; with TLS it begins with `__Host-`, so that no other host, not even a neighbour of the same domain, can set it. */
export const SESSION_COOKIE = 'heddle_session';

/** Routes that a session opens as its key does; those of dialects are for other people's clients. */
const OF_SESSIONS = ['/v1/', '/bull-board/'];

/** Whether a session opens the route of that template in place of a key. */
export function takesSession(template: string | undefined): boolean {
  return OF_SESSIONS.some((prefix) => template?.startsWith(prefix));
}

/** Cookies of sessions: the browser sends them to this host alone, shows them to no script, and sends none with what another site asks for. */
export class SessionCookies {
  constructor(private readonly env: Resources['config']['env']) {}

  newSecret(): string {
    return randomBytes(SECRET_BYTES).toString('base64url');
  }

  /** The secret of the session that a request says it is of; null without one, or with more than one. */
  secretIn(request: FastifyRequest): string | null {
    const name = `${this.nameFor(request)}=`;
    const cookies = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
    const [secret, ...others] = cookies
      .filter((pair) => pair.startsWith(name))
      .map((pair) => pair.slice(name.length));
    return secret !== undefined && others.length === 0 && SECRET.test(secret) ? secret : null;
  }

  set(request: FastifyRequest, reply: FastifyReply, secret: string, expiresAt: Date): void {
    this.write(request, reply, `${secret}; Expires=${expiresAt.toUTCString()}`);
  }

  remove(request: FastifyRequest, reply: FastifyReply): void {
    this.write(request, reply, '; Max-Age=0');
  }

  private write(request: FastifyRequest, reply: FastifyReply, value: string): void {
    const secure = this.isSecure(request) ? '; Secure' : '';
    void reply.header(
      'set-cookie',
      `${this.nameFor(request)}=${value}; Path=/; HttpOnly; SameSite=Strict${secure}`,
    );
  }

  private nameFor(request: FastifyRequest): string {
    return this.isSecure(request) ? `__Host-${SESSION_COOKIE}` : SESSION_COOKIE;
  }

  /** Whether the browser reaches the api by TLS, as the setting has it, else the proxy that ends it. */
  private isSecure({ headers }: FastifyRequest): boolean {
    const { HEDDLE_SECURE_COOKIES: always, HEDDLE_PUBLIC_URL: publicUrl } = this.env;
    if (always !== undefined) return always;
    if (publicUrl !== undefined) return publicUrl.startsWith('https:');
    const [told = ''] = [headers['x-forwarded-proto'] ?? ''].flat().join(',').split(',');
    return told.trim().toLowerCase() === 'https';
  }
}

/** What writes of a session must show beside its cookie. Only who may read the answers of this host knows it: the secret does not come to scripts. */
export function csrfTokenOf(secret: string): string {
  return createHmac('sha256', secret).update('csrf').digest('base64url');
}
