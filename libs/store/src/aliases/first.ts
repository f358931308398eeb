import { DEFAULT_ALIAS } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import type { Query } from '../database/statement.js';
import { aliasChanged } from './changed.js';

/** Points `production` at a version where the model has no such alias, unless gates hold for it: no evaluation has met them yet. */
export async function pointDefaultAlias(
  query: Query,
  actor: Actor,
  {
    tenantId,
    modelId,
    model,
    versionId,
  }: { tenantId: string; modelId: string; model: string; versionId: string },
): Promise<void> {
  const [alias] = await query(
    `INSERT INTO aliases (model_id, name, version_id)
     SELECT m.id, $2, $3 FROM models m WHERE m.id = $1 AND NOT ($2 = ANY (m.gated) AND json_array_length(m.gates) > 0)
     ON CONFLICT (model_id, name) DO NOTHING RETURNING name`,
    [modelId, DEFAULT_ALIAS, versionId],
  );
  if (!alias) return;
  const to = { versionId, canary: null, shadow: null };
  await aliasChanged(query, actor, { tenantId, modelId, model, alias: DEFAULT_ALIAS, from: null, to });
}
