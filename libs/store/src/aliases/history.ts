import type { Actor } from '../audit/audit.entity.js';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import { USABLE_MODELS } from '../models/read.js';
import type { AliasChangeRecord } from './alias.entity.js';

/** Changes of one alias that are kept, and as many tries that were refused: those push no change out. */
export const KEPT_CHANGES = 50;

export type NewAliasChange = Omit<AliasChangeRecord, 'at' | 'actorTenantId' | 'actorKeyId' | 'actorName'> & {
  modelId: string;
  alias: string;
};

/** Writes a change down, or a refused try, and forgets the oldest. The model must be locked. */
export async function remember(query: Query, actor: Actor, change: NewAliasChange): Promise<void> {
  await query(
    `INSERT INTO alias_changes (model_id, alias, actor_tenant_id, actor_key_id, actor_name, refused, before, after, evaluation, forced)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      change.modelId,
      change.alias,
      actor.key?.tenantId ?? null,
      actor.key?.id ?? null,
      actor.name,
      change.refused,
      change.before && JSON.stringify(change.before),
      change.after && JSON.stringify(change.after),
      change.evaluation,
      change.forced,
    ],
  );
  await query(
    `DELETE FROM alias_changes WHERE model_id = $1 AND alias = $2 AND number IN (
       SELECT number FROM alias_changes WHERE model_id = $1 AND alias = $2 AND (refused IS NULL) = $3
        ORDER BY number DESC OFFSET ${KEPT_CHANGES})`,
    [change.modelId, change.alias, change.refused === null],
  );
}

/** What became of an alias of a model the tenant sees, newest first. */
export function historyOf(
  database: Database,
  tenantId: string,
  modelId: string,
  alias: string,
): Promise<AliasChangeRecord[]> {
  return database.query<AliasChangeRecord>(
    `SELECT c.at, c.actor_tenant_id AS "actorTenantId", c.actor_key_id AS "actorKeyId", c.actor_name AS "actorName", c.refused,
            c.before, c.after, c.evaluation, c.forced
       FROM (${USABLE_MODELS}) m JOIN alias_changes c ON c.model_id = m.id
      WHERE m.id = $2 AND c.alias = $3 ORDER BY c.number DESC`,
    [tenantId, modelId, alias],
  );
}
