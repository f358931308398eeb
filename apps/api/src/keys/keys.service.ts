import { type ApiKey, createKeyBody, fromPublicId, HeddleError, type Page } from '@heddle/contracts';
import type { ApiKeyEntity } from '@heddle/store';
import { Inject, Injectable } from '@nestjs/common';
import { actorOf, allows, type Caller, lacks } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { idempotencyOf } from '../http/fingerprint.js';
import { keyView } from '../http/key-view.js';
import { pageOf } from '../http/paging.js';
import { noQuery, type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { RESOURCES, type Resources } from '../resources.js';
import { listKeysQuery } from './operations.js';

/** Keys of a tenant: made with a secret that is shown once, listed without it, taken out of service. */
@Injectable()
export class KeysService {
  private readonly cursors: Cursors;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  /** The key, with its secret unless an earlier request with this idempotency key made it (`created: false`). */
  async create(
    caller: Caller,
    body: unknown,
    idempotencyKey: string | null,
  ): Promise<{ key: ApiKey; created: boolean }> {
    const { store } = this.resources;
    const { name, scopes, expires_at: expires, rate_limit_per_min: rate } = validateBody(createKeyBody, body);
    const lacking = scopes.find((scope) => !allows(caller, scope));
    if (lacking) throw lacks(lacking);
    const idempotency = idempotencyOf(idempotencyKey, body ?? {});
    const expiresAt = expires === null ? null : new Date(expires);
    // A replay is answered although the key has expired since.
    const earlier = idempotency && (await store.keys.findByKey(caller.tenantId, idempotency.key));
    if (!earlier) assertFuture(expiresAt);
    const { id, secret } = await store.keys.issue(
      {
        tenantId: caller.tenantId,
        name,
        scopes,
        expiresAt,
        rateLimitPerMin: rate === undefined ? null : (rate ?? 0),
        idempotency,
      },
      actorOf(caller),
    );
    const key = await store.keys.find(caller.tenantId, id);
    if (!key) throw noSuchKey();
    const shown = this.view(caller, key);
    return secret === null ? { key: shown, created: false } : { key: { ...shown, secret }, created: true };
  }

  list(caller: Caller, query: Query): Promise<Page<ApiKey>> {
    const page = readQuery(listKeysQuery, query);
    const load = (range: { before: string | null; limit: number }) =>
      this.resources.store.keys.list(caller.tenantId, range);
    return pageOf(this.cursors, `keys ${caller.tenantId}`, page, load, (key) => this.view(caller, key));
  }

  /** Throws `not-found`. */
  async remove(caller: Caller, publicId: string, query: Query): Promise<void> {
    const { keys } = this.resources.store;
    const id = fromPublicId('key', publicId);
    if (!id || !(await keys.find(caller.tenantId, id))) throw noSuchKey();
    readQuery(noQuery, query);
    if (!(await keys.remove(caller.tenantId, id, actorOf(caller)))) throw noSuchKey();
  }

  private view(caller: Caller, key: ApiKeyEntity): ApiKey {
    return keyView(key, caller.tenantLimits, this.resources.config.env.HEDDLE_RATE_LIMIT_PER_MIN);
  }
}

function assertFuture(expiresAt: Date | null): void {
  if (expiresAt === null || expiresAt.getTime() > Date.now()) return;
  throw new HeddleError('validation', 'One field is wrong; see errors.', {
    errors: [{ pointer: '/expires_at', code: 'range', message: 'must be in the future' }],
  });
}

function noSuchKey(): HeddleError {
  return new HeddleError('not-found', 'There is no such key.');
}
