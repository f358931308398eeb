import { type Gate, HeddleError } from '@heddle/contracts';
import type { Query } from '../database/statement.js';
import type { Expected } from './alias.entity.js';

export interface LockedModel {
  id: string;
  name: string;
  gates: Gate[];
  gated: string[];
}

/** Only the owner moves aliases; changes of one model's aliases come one after another. */
export async function lockModel(query: Query, tenantId: string, modelId: string): Promise<LockedModel> {
  const [model] = await query<LockedModel>(
    'SELECT id, name, gates, gated FROM models WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE',
    [tenantId, modelId],
  );
  if (!model) throw new HeddleError('not-found', 'There is no such model.');
  return model;
}

/** Whether the alias is what the writer expects; `revision` is null where there is none. */
export function isAsExpected(expected: Expected, revision: string | null): boolean {
  if (expected === null) return true;
  return revision !== null && (expected === 'any' || expected.revisions.includes(revision));
}

export function notAsExpected(): HeddleError {
  return new HeddleError('precondition-failed', 'The alias is not what If-Match says any more.');
}
