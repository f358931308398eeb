import type { CanaryRollback } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import { USABLE_MODELS } from '../models/read.js';
import type { AliasRecord, Target } from './alias.entity.js';

/** SQL: revision of alias `a`. */
export const REVISION = "md5(a.version_id::text || ' ' || a.updated_at::text)";
/** Where alias `a` leads, as a `Target`. */
export const TARGET = `a.version_id AS "versionId", a.shadow_version_id AS shadow, CASE WHEN a.canary_version_id IS NOT NULL THEN
  json_build_object('versionId', a.canary_version_id, 'percent', a.canary_percent, 'rollback', a.canary_rollback) END AS canary`;

type Row = Omit<AliasRecord, 'canary' | 'shadow'> & {
  shadowId: string | null;
  shadowNumber: number;
  canaryId: string | null;
  canaryNumber: number;
  canaryPercent: number;
  canarySince: Date;
  canaryRollback: CanaryRollback | null;
};

/** Aliases of a model the tenant sees, by name; only `name` when given. */
export async function listAliases(
  database: Database,
  tenantId: string,
  modelId: string,
  name: string | null = null,
): Promise<AliasRecord[]> {
  const rows = await database.query<Row>(
    `SELECT a.name, m.name AS model, a.version_id AS "versionId", v.number AS "versionNumber", a.updated_at AS "updatedAt",
            ${REVISION} AS revision, a.canary_version_id AS "canaryId", c.number AS "canaryNumber",
            a.canary_percent AS "canaryPercent", a.canary_since AS "canarySince", a.canary_rollback AS "canaryRollback",
            a.shadow_version_id AS "shadowId", s.number AS "shadowNumber"
       FROM (${USABLE_MODELS}) m JOIN aliases a ON a.model_id = m.id JOIN versions v ON v.id = a.version_id
         LEFT JOIN versions c ON c.id = a.canary_version_id LEFT JOIN versions s ON s.id = a.shadow_version_id
      WHERE m.id = $2 AND ($3::text IS NULL OR a.name = $3) ORDER BY a.name`,
    [tenantId, modelId, name],
  );
  return rows.map(
    ({
      canaryId,
      canaryNumber,
      canaryPercent,
      canarySince,
      canaryRollback,
      shadowId,
      shadowNumber,
      ...row
    }) => ({
      ...row,
      shadow: shadowId && { versionId: shadowId, versionNumber: shadowNumber },
      canary: canaryId && {
        versionId: canaryId,
        versionNumber: canaryNumber,
        percent: canaryPercent,
        rollback: canaryRollback,
        since: canarySince,
      },
    }),
  ) as AliasRecord[];
}

/** Where an alias of a locked model leads, and which revision that is; null where there is no such alias. */
export async function targetOf(
  query: Query,
  modelId: string,
  name: string,
): Promise<(Target & { revision: string }) | null> {
  const [found] = await query<Target & { revision: string }>(
    `SELECT ${TARGET}, ${REVISION} AS revision
       FROM aliases a WHERE a.model_id = $1 AND a.name = $2`,
    [modelId, name],
  );
  return found ?? null;
}
