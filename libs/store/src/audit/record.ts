import { isDeepStrictEqual } from 'node:util';
import { newUuid } from '@heddle/contracts';
import type { Query } from '../database/statement.js';
import type { Actor, Change } from './audit.entity.js';

/** Writes a change down in the transaction that makes it; one that changes nothing is none. */
export async function recordChange(query: Query, actor: Actor, change: Change): Promise<void> {
  const { tenantId, action, object, before, after } = change;
  if (isDeepStrictEqual(before, after)) return;
  await query(
    `INSERT INTO audit_entries (id, tenant_id, actor_tenant_id, actor_key_id, actor_name, action, object, before, after,
                                request_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      newUuid(),
      tenantId,
      actor.key?.tenantId ?? null,
      actor.key?.id ?? null,
      actor.name,
      action,
      object,
      before && JSON.stringify(before),
      after && JSON.stringify(after),
      actor.requestId,
    ],
  );
}
