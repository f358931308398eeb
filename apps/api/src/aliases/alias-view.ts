import {
  type Alias,
  type AliasChange,
  type AliasTarget,
  type ShadowComparison,
  type Task,
  toPublicId,
} from '@heddle/contracts';
import type { AliasChangeRecord, AliasRecord, ShadowSummary } from '@heddle/store';
import { actorView } from '../http/actor-view.js';
import type { Caller } from '../http/auth.js';

/** An alias as the API shows it. */
export function aliasView(alias: AliasRecord): Alias {
  const { canary, shadow } = alias;
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
      rollback: canary.rollback,
      since: canary.since.toISOString(),
    },
    shadow: shadow && {
      version: toPublicId('version', shadow.versionId),
      version_number: shadow.versionNumber,
    },
    updated_at: alias.updatedAt.toISOString(),
  };
}

/** What came of comparing the shadow, by task. */
export function comparisonView(summary: ShadowSummary): ShadowComparison {
  const { task, jobs, failed, dropped, decisions, same, differences, difference } = summary;
  return {
    task: task as Task,
    jobs,
    failed,
    dropped,
    decisions,
    agreement: decisions > 0 ? same / decisions : null,
    mean_score_difference: differences > 0 ? difference / differences : null,
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
