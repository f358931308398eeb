import { newUuid } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { TenantEntity } from './tenant.entity.js';

export class TenantRepository {
  constructor(private readonly database: Database) {}

  get(id: string): Promise<TenantEntity> {
    return this.database.entities(TenantEntity, (repository) => repository.findOneByOrFail({ id }));
  }

  /** The tenant of that slug, made when absent; safe when several processes start at once. */
  async ensure(slug: string, name: string): Promise<TenantEntity> {
    await this.database.query(
      'INSERT INTO tenants (id, slug, name) VALUES ($1, $2, $3) ON CONFLICT (slug) DO NOTHING',
      [newUuid(), slug, name],
    );
    return this.database.entities(TenantEntity, (repository) => repository.findOneByOrFail({ slug }));
  }
}
