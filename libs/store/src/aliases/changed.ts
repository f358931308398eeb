import { newUuid, toPublicId } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Query } from '../database/statement.js';
import { emit } from '../events/emit.js';

/** Where an alias pointed and points, as UUIDs of versions; null: there was, or is, none. */
interface AliasChange {
  tenantId: string;
  modelId: string;
  model: string;
  alias: string;
  from: string | null;
  to: string | null;
}

/** Writes down that an alias moved, and tells of it, in the transaction that moves it. */
export async function aliasChanged(query: Query, actor: Actor, change: AliasChange): Promise<void> {
  const { tenantId, modelId, model, alias, from, to } = change;
  if (from === to) return;
  await recordChange(query, actor, {
    tenantId,
    action: to === null ? 'alias.delete' : 'alias.set',
    object: `${model}@${alias}`,
    before: shown(from),
    after: shown(to),
  });
  const data = { model, alias, from: shown(from)?.version ?? null, to: shown(to)?.version ?? null };
  await emit(query, [{ tenantId, type: 'alias.changed', objectId: modelId, occurrence: newUuid(), data }]);
}

function shown(versionId: string | null): { version: string } | null {
  return versionId === null ? null : { version: toPublicId('version', versionId) };
}
