import { isDeepStrictEqual } from 'node:util';
import { type AliasTarget, type ErrorCode, newUuid, toPublicId } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { recordChange } from '../audit/record.js';
import type { Query } from '../database/statement.js';
import { emit } from '../events/emit.js';
import type { Target } from './alias.entity.js';
import { remember } from './history.js';

/** Where an alias led and leads; null: there was, or is, none. */
interface AliasChange {
  tenantId: string;
  modelId: string;
  model: string;
  alias: string;
  from: Target | null;
  to: Target | null;
  evaluation?: string | null;
  forced?: boolean;
}

/** Writes down that an alias changed, and tells of it, in the transaction that changes it. */
export async function aliasChanged(query: Query, actor: Actor, change: AliasChange): Promise<void> {
  const { tenantId, modelId, model, alias, evaluation = null, forced = false } = change;
  const [from, to] = [shown(change.from), shown(change.to)];
  if (isDeepStrictEqual(from, to)) return;
  await recordChange(query, actor, {
    tenantId,
    action: to === null ? 'alias.delete' : 'alias.set',
    object: `${model}@${alias}`,
    before: from && audited(from),
    after: to && { ...audited(to), ...(evaluation ? { evaluation } : {}), ...(forced ? { forced } : {}) },
  });
  await remember(query, actor, {
    modelId,
    alias,
    refused: null,
    before: from,
    after: to,
    evaluation,
    forced,
  });
  const { version = null, ...others } = to ?? {};
  const data = {
    model,
    alias,
    from: from?.version ?? null,
    to: version,
    canary: null,
    shadow: null,
    ...others,
  };
  await emit(query, [{ tenantId, type: 'alias.changed', objectId: modelId, occurrence: newUuid(), data }]);
}

/** Writes down that a change of an alias was refused. */
export async function aliasRefused(
  query: Query,
  actor: Actor,
  code: ErrorCode,
  change: Omit<AliasChange, 'tenantId' | 'model'>,
): Promise<void> {
  const { modelId, alias, evaluation = null, forced = false } = change;
  const [before, after] = [shown(change.from), shown(change.to)];
  await remember(query, actor, { modelId, alias, refused: code, before, after, evaluation, forced });
}

function shown(target: Target | null): AliasTarget | null {
  if (target === null) return null;
  const { versionId, canary, shadow } = target;
  return {
    version: toPublicId('version', versionId),
    canary: canary && {
      version: toPublicId('version', canary.versionId),
      percent: canary.percent,
      rollback: canary.rollback,
    },
    shadow: shadow && toPublicId('version', shadow),
  };
}

/** What is not there is left out. */
function audited(target: AliasTarget): Record<string, unknown> {
  return Object.fromEntries(Object.entries(target).filter(([, value]) => value !== null));
}
