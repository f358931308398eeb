import { type Alias, type AliasChange, type AliasTarget, toPublicId } from '@heddle/contracts';
import type { AliasChangeRecord, AliasRecord } from '@heddle/store';
import { actorView } from '../http/actor-view.js';
import type { Caller } from '../http/auth.js';

/** An alias as the API shows it. */
export function aliasView(alias: AliasRecord): Alias {
  const { canary } = alias;
  return {
    object: 'alias',
    model: alias.model,
    name: alias.name,
    version: toPublicId('version', alias.versionId),
    version_number: alias.versionNumber,
    canary: canary && {
      version: toPublicId('version', canary.versionId),
      version_number: canary.versionNumber,
      percent: canary.percent,
      since: canary.since.toISOString(),
    },
    updated_at: alias.updatedAt.toISOString(),
  };
}

/** A change of an alias as the API shows it to this caller. */
export function aliasChangeView(change: AliasChangeRecord, caller: Caller): AliasChange {
  return {
    at: change.at.toISOString(),
    actor: actorView(change, caller),
    refused: change.refused,
    from: change.before as AliasTarget | null,
    to: change.after as AliasTarget | null,
    evaluation: change.evaluation,
    forced: change.forced,
  };
}
