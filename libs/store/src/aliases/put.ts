import {
  fromPublicId,
  HeddleError,
  type Task,
  toPublicId,
  type VersionManifest,
  type VersionState,
} from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import type { VersionKey } from '../versions/read.js';
import type { AliasWish, Expected, Target } from './alias.entity.js';
import { aliasChanged, aliasRefused } from './changed.js';
import { evaluationOf, failedGates, promotionBlocked, type VersionEvaluation } from './gates.js';
import { isAsExpected, type LockedModel, lockModel, notAsExpected } from './lock.js';
import { targetOf } from './read.js';
import { comparedSoFar } from './trial.js';

interface Candidate {
  id: string;
  number: number;
  status: VersionState;
  tasks: VersionManifest['tasks'] | null;
  problemType: VersionManifest['problemType'] | null;
}

/**
 * Makes an alias lead where it shall: jobs accepted from now on go there. A try that finds another alias than it expects,
 * or that gates block, is written down as refused.
 * Errors: `not-found` (model, version or evaluation), `version-not-ready`, `version-archived`, `precondition-failed`,
 * `promotion-blocked` (gates that hold for the alias are not met, and nothing forces it); `validation` for a canary or shadow that is
 * the version itself, or does not answer its tasks, and for a rule of disagreement that nothing could be held against.
 */
export async function putAlias(
  database: Database,
  tenantId: string,
  modelId: string,
  name: string,
  wish: AliasWish,
  expected: Expected,
  actor: Actor,
): Promise<void> {
  const refusal = await database.transaction(async (query): Promise<HeddleError | null> => {
    const model = await lockModel(query, tenantId, modelId);
    const before = await targetOf(query, model.id, name);
    const change = { modelId: model.id, alias: name, from: before };
    const found = await findCandidates(query, model.id, wish);
    if (!isAsExpected(expected, before?.revision ?? null)) {
      const error = notAsExpected();
      const to = targetIn(found, wish);
      if (before) await aliasRefused(query, actor, error.code, { ...change, to });
      return error;
    }
    assertUsable(found.version, '/version');
    if (wish.canary) assertTrial(found.version!, found.canary, '/canary/version');
    if (wish.shadow) assertTrial(found.version!, found.shadow, '/shadow');
    assertComparable(wish, found);
    const to = targetIn(found, wish)!;
    const named =
      wish.evaluation == null ? null : await findEvaluation(query, tenantId, to.versionId, wish.evaluation);
    const judgedBy =
      named ??
      (isGated(model, name, before, to) ? await judging(query, tenantId, model, to.versionId) : null);
    const failed = isGated(model, name, before, to)
      ? failedGates(model.gates, judgedBy, before && toPublicId('version', before.versionId))
      : [];
    const evaluation = judgedBy && toPublicId('evaluation', judgedBy.id);
    if (failed.length > 0 && !wish.force) {
      const error = promotionBlocked(name, found.version.number, failed);
      await aliasRefused(query, actor, error.code, { ...change, to, evaluation });
      return error;
    }
    await write(query, model.id, name, to);
    const forced = failed.length > 0;
    await aliasChanged(query, actor, { ...change, tenantId, model: model.name, to, evaluation, forced });
    return null;
  });
  if (refusal) throw refusal;
}

async function write(query: Query, modelId: string, name: string, to: Target): Promise<void> {
  const rollback = to.canary?.rollback ?? null;
  // A canary that stays is not a new one: what is known of it goes on.
  await query(
    `INSERT INTO aliases AS a (model_id, name, version_id, canary_version_id, canary_percent, shadow_version_id, canary_rollback, canary_since,
                               canary_compared)
     VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $4::uuid IS NOT NULL THEN clock_timestamp() END,
             CASE WHEN $4::uuid IS NOT NULL THEN (${comparedSoFar('$1', '$2', '$3', '$4')}) END)
     ON CONFLICT (model_id, name) DO UPDATE SET version_id = excluded.version_id, updated_at = clock_timestamp(),
       canary_version_id = excluded.canary_version_id, canary_percent = excluded.canary_percent,
       shadow_version_id = excluded.shadow_version_id, canary_rollback = excluded.canary_rollback,
       canary_since = CASE WHEN a.canary_version_id = excluded.canary_version_id THEN a.canary_since ELSE excluded.canary_since END,
       canary_compared = CASE WHEN (a.version_id, a.canary_version_id) = (excluded.version_id, excluded.canary_version_id)
                              THEN a.canary_compared ELSE excluded.canary_compared END
      WHERE (a.version_id, a.canary_version_id, a.canary_percent, a.shadow_version_id, a.canary_rollback)
            IS DISTINCT FROM (excluded.version_id, excluded.canary_version_id, excluded.canary_percent, excluded.shadow_version_id,
                              excluded.canary_rollback)`,
    [
      modelId,
      name,
      to.versionId,
      to.canary?.versionId ?? null,
      to.canary?.percent ?? null,
      to.shadow,
      rollback && JSON.stringify(rollback),
    ],
  );
}

interface Found {
  version: Candidate | undefined;
  canary: Candidate | undefined;
  shadow: Candidate | undefined;
}

async function findCandidates(
  query: Query,
  modelId: string,
  { version, canary, shadow }: AliasWish,
): Promise<Found> {
  return {
    version: await findCandidate(query, modelId, version),
    canary: canary ? await findCandidate(query, modelId, canary.version) : undefined,
    shadow: shadow ? await findCandidate(query, modelId, shadow) : undefined,
  };
}

/** What the wish means; null where it names what is not there. */
function targetIn({ version, canary, shadow }: Found, wish: AliasWish): Target | null {
  if (!version || (wish.canary && !canary) || (wish.shadow && !shadow)) return null;
  return {
    versionId: version.id,
    canary:
      wish.canary && canary
        ? { versionId: canary.id, percent: wish.canary.percent, rollback: wish.canary.rollback ?? null }
        : null,
    shadow: shadow?.id ?? null,
  };
}

async function findCandidate(query: Query, modelId: string, key: VersionKey): Promise<Candidate | undefined> {
  const [found] = await query<Candidate>(
    `SELECT v.id, v.number, v.status, v.manifest -> 'tasks' AS tasks, v.manifest ->> 'problemType' AS "problemType" FROM versions v
      WHERE v.model_id = $1 AND v.deleted_at IS NULL AND ($2::uuid IS NULL OR v.id = $2) AND ($3::int IS NULL OR v.number = $3) FOR SHARE`,
    [modelId, 'id' in key ? key.id : null, 'number' in key ? key.number : null],
  );
  return found;
}

function assertUsable(version: Candidate | undefined, pointer: string): asserts version is Candidate {
  if (!version) throw noSuch('version', pointer);
  if (version.status === 'archived') {
    throw new HeddleError('version-archived', `Version ${version.number} is archived.`);
  }
  if (version.status !== 'ready') {
    throw new HeddleError('version-not-ready', `Version ${version.number} is not ready.`);
  }
}

function noSuch(what: string, pointer: string): HeddleError {
  return new HeddleError('not-found', `The model has no such ${what}.`, {
    errors: [{ pointer, code: 'not-found', message: `no such ${what}` }],
  });
}

/** Whether a canary agrees with the alias's version is known where it answers that one's jobs again. */
function assertComparable({ canary: wish }: AliasWish, { canary, shadow }: Found): void {
  if (wish?.rollback?.max_disagreement === undefined) return;
  const message =
    canary?.id !== shadow?.id
      ? 'needs the canary’s version as `shadow`'
      : decidesNothing(canary!)
        ? 'needs a version that decides something: the answers of this one are numbers'
        : null;
  if (message === null) return;
  throw new HeddleError('validation', `The rule ${message}.`, {
    errors: [{ pointer: '/canary/rollback/max_disagreement', code: 'value', message }],
  });
}

/** Whether all that it answers are numbers, which differ more or less, but never decide. */
function decidesNothing({ tasks, problemType }: Candidate): boolean {
  const numbers: Task[] = ['embed', 'score', 'attention'];
  if (problemType === 'regression') numbers.push('text-classification');
  return tasks!.every((task) => numbers.includes(task));
}

/** Whether the model's gates are held against where the alias is to lead. */
function isGated(model: LockedModel, alias: string, before: Target | null, to: Target): boolean {
  return model.gated.includes(alias) && before?.versionId !== to.versionId;
}

/** The evaluation that gates are held against where none is named. */
function judging(
  query: Query,
  tenantId: string,
  { gates }: LockedModel,
  versionId: string,
): Promise<VersionEvaluation | null> {
  return evaluationOf(
    query,
    tenantId,
    versionId,
    null,
    gates.map(({ metric }) => metric),
  );
}

/** A succeeded evaluation of the version. Errors: `not-found`. */
async function findEvaluation(
  query: Query,
  tenantId: string,
  versionId: string,
  publicId: string,
): Promise<VersionEvaluation> {
  const id = fromPublicId('evaluation', publicId);
  const found = id && (await evaluationOf(query, tenantId, versionId, id));
  if (!found) throw noSuch('succeeded evaluation of the version', '/evaluation');
  return found;
}

/** Whoever names the alias may ask for any task of its version, so a version on trial answers them all. */
function assertTrial(version: Candidate, trial: Candidate | undefined, pointer: string): void {
  assertUsable(trial, pointer);
  const missing = version.tasks!.filter((task) => !trial.tasks!.includes(task));
  const message =
    trial.id === version.id
      ? 'is the version of the alias itself'
      : missing.length > 0
        ? `does not answer ${missing.join(', ')}, which version ${version.number} does`
        : null;
  if (message) {
    throw new HeddleError('validation', `Version ${trial.number} cannot be tried there: it ${message}.`, {
      errors: [{ pointer, code: 'value', message }],
    });
  }
}
