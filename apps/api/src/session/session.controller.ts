import { HeddleError, type Session, signInBody, toPublicId } from '@heddle/contracts';
import type { LiveSession } from '@heddle/store';
import { Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorOf, callerOf, sessionTimes } from '../http/auth.js';
import { assertOwnSite } from '../http/own-site.js';
import { noQuery, type Query, readQuery } from '../http/query.js';
import { csrfTokenOf, SessionCookies } from '../http/session-cookie.js';
import { validateBody } from '../http/validate.js';
import { RESOURCES, type Resources } from '../resources.js';
import { getSession, signIn, signOut } from './operations.js';
import { SignInLimits } from './sign-in-limits.js';

/** Sessions of the dashboard: a key is shown once, and a cookie in its place from then on (docs/dashboard.md). */
@Controller('v1/session')
export class SessionController {
  private readonly cookies: SessionCookies;
  private readonly limits = new SignInLimits();

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    this.cookies = new SessionCookies(resources.config.env);
  }

  @Post()
  @RouteConfig({ operation: signIn })
  async create(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    assertOwnSite(request);
    const { key } = validateBody(signInBody, request.body);
    const succeeded = this.limits.take(request.ip, key);
    const { store, config, logger } = this.resources;
    const times = sessionTimes(config);
    const secret = this.cookies.newSecret();
    const made = await store.sessions.create(key, secret, times, request.id);
    const live = made && (await store.sessions.findLive(secret, times));
    if (!live) {
      logger.warn({ address: request.ip, request_id: request.id }, 'signing in failed');
      throw refused();
    }
    succeeded();
    await this.endOther(request);
    this.cookies.set(request, reply, secret, live.expiresAt);
    return this.view(secret, live);
  }

  @Get()
  @RouteConfig({ scopes: [], operation: getSession })
  get(@Req() request: FastifyRequest<{ Querystring: Query }>): Promise<Session> {
    readQuery(noQuery, request.query);
    const { secret, live } = sessionOf(request);
    return this.view(secret, live);
  }

  @Delete()
  @HttpCode(204)
  @RouteConfig({ scopes: [], operation: signOut })
  async remove(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { live } = sessionOf(request);
    await this.resources.store.sessions.remove(live.key.tenantId, live.id, actorOf(callerOf(request)));
    this.cookies.remove(request, reply);
  }

  /** The session that the browser had until now. */
  private async endOther(request: FastifyRequest): Promise<void> {
    const { sessions } = this.resources.store;
    const secret = this.cookies.secretIn(request);
    const other =
      secret === null ? null : await sessions.findLive(secret, sessionTimes(this.resources.config));
    if (!other) return;
    const { id: keyId, tenantId, name } = other.key;
    await sessions.remove(tenantId, other.id, { key: { id: keyId, tenantId }, name, requestId: request.id });
  }

  private async view(secret: string, { key, expiresAt }: LiveSession): Promise<Session> {
    const { store, config } = this.resources;
    const tenant = await store.tenants.get(key.tenantId);
    return {
      object: 'session',
      tenant: { slug: tenant.slug, name: tenant.name },
      key: { id: toPublicId('key', key.id), name: key.name, scopes: key.scopes },
      csrf_token: csrfTokenOf(secret),
      expires_at: expiresAt.toISOString(),
      idle_timeout_s: sessionTimes(config).idleS,
    };
  }
}

/** The session of a request; `not-found` of one with a key. */
function sessionOf({ session }: FastifyRequest): NonNullable<FastifyRequest['session']> {
  if (!session) throw new HeddleError('not-found', 'This request came with a key, not with a session.');
  return session;
}

/** The same whatever was wrong: form, secret, end, or tenant. */
function refused(): HeddleError {
  return new HeddleError('unauthorized', 'No one can sign in with this key.', {
    headers: { 'WWW-Authenticate': 'Bearer realm="api"' },
  });
}
