import { newUuid } from '@heddle/contracts';
import { LessThan } from 'typeorm';
import { type Actor, LOCAL } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Access } from '../database/database.js';
import { changeTenant } from './change.js';
import { createTenant } from './create.js';
import { type NewTenant, type TenantChange, TenantEntity } from './tenant.entity.js';

export class TenantRepository {
  constructor(private readonly access: Access) {}

  create = (tenant: NewTenant, actor: Actor) => createTenant(this.access.system, tenant, actor);
  change = (slug: string, change: TenantChange, actor: Actor) =>
    changeTenant(this.access.system, slug, change, actor);

  get(id: string): Promise<TenantEntity> {
    return this.access.tenant(id).entities(TenantEntity, (repository) => repository.findOneByOrFail({ id }));
  }

  findBySlug(slug: string): Promise<TenantEntity | null> {
    return this.access.system.entities(TenantEntity, (repository) => repository.findOneBy({ slug }));
  }

  /** Newest first, older than `before`. */
  list(page: { before: string | null; limit: number }): Promise<TenantEntity[]> {
    const where = page.before === null ? {} : { id: LessThan(page.before) };
    return this.access.system.entities(TenantEntity, (repository) =>
      repository.find({ where, order: { id: 'DESC' }, take: page.limit }),
    );
  }

  /** The tenant of that slug, made when absent; safe when several processes start at once. */
  async ensure(slug: string, name: string): Promise<TenantEntity> {
    await this.access.system.transaction(async (query) => {
      const [inserted] = await query<{ id: string }>(
        'INSERT INTO tenants (id, slug, name) VALUES ($1, $2, $3) ON CONFLICT (slug) DO NOTHING RETURNING id',
        [newUuid(), slug, name],
      );
      if (!inserted) return;
      await recordChange(query, LOCAL, {
        tenantId: inserted.id,
        action: 'tenant.create',
        object: slug,
        before: null,
        after: { name },
      });
    });
    return this.access.system.entities(TenantEntity, (repository) => repository.findOneByOrFail({ slug }));
  }
}
