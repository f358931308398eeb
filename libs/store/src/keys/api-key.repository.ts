import { createHash } from 'node:crypto';
import { type ApiKeyScope, isApiKey, KEY_PREFIX_LENGTH, newApiKey, newUuid } from '@heddle/contracts';
import { IsNull } from 'typeorm';
import type { Database } from '../database/database.js';
import { ApiKeyEntity } from './api-key.entity.js';

export class ApiKeyRepository {
  constructor(private readonly database: Database) {}

  /** Makes a key and returns its secret, which exists nowhere else from then on. */
  async create(tenantId: string, name: string, scopes: ApiKeyScope[]): Promise<string> {
    const secret = newApiKey();
    await this.database.entities(ApiKeyEntity, (repository) =>
      repository.insert({
        id: newUuid(),
        tenantId,
        name,
        prefix: secret.slice(0, KEY_PREFIX_LENGTH),
        hash: hashOf(secret),
        scopes,
      }),
    );
    return secret;
  }

  /**
   * The live key of a secret, or null. The lookup is by hash, so its duration says nothing about how much
   * of a guessed secret was right.
   */
  async authenticate(secret: string): Promise<ApiKeyEntity | null> {
    if (!isApiKey(secret)) return null;
    const key = await this.database.entities(ApiKeyEntity, (repository) =>
      repository.findOneBy({ hash: hashOf(secret), revokedAt: IsNull() }),
    );
    return key && (key.expiresAt === null || key.expiresAt.getTime() > Date.now()) ? key : null;
  }

  /** Whether the tenant has a key of that name that still works. */
  exists(tenantId: string, name: string): Promise<boolean> {
    return this.database.entities(ApiKeyEntity, (repository) =>
      repository.existsBy({ tenantId, name, revokedAt: IsNull() }),
    );
  }

  /** Takes every key of that name out of service. */
  async revoke(tenantId: string, name: string): Promise<void> {
    await this.database.entities(ApiKeyEntity, (repository) =>
      repository.update({ tenantId, name, revokedAt: IsNull() }, { revokedAt: new Date() }),
    );
  }
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
