import type { HeddleError } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import type { Database } from '../database/database.js';
import type { Expected } from './alias.entity.js';
import { aliasChanged, aliasRefused } from './changed.js';
import { isAsExpected, lockModel, notAsExpected } from './lock.js';
import { targetOf } from './read.js';

/** False when there is no such alias. Errors: `not-found` (model), `precondition-failed`, which is written down as refused. */
export async function removeAlias(
  database: Database,
  tenantId: string,
  modelId: string,
  name: string,
  expected: Expected,
  actor: Actor,
): Promise<boolean> {
  const outcome = await database.transaction(async (query): Promise<boolean | HeddleError> => {
    const model = await lockModel(query, tenantId, modelId);
    const before = await targetOf(query, model.id, name);
    const change = { modelId: model.id, alias: name, from: before, to: null };
    if (!isAsExpected(expected, before?.revision ?? null)) {
      const error = notAsExpected();
      if (before) await aliasRefused(query, actor, error.code, change);
      return error;
    }
    if (!before) return false;
    await query('DELETE FROM aliases WHERE model_id = $1 AND name = $2', [model.id, name]);
    await aliasChanged(query, actor, { ...change, tenantId, model: model.name });
    return true;
  });
  if (typeof outcome === 'boolean') return outcome;
  throw outcome;
}
