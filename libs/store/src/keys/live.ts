/** The time of a key's last use is kept to this: a key in steady use costs one small write in that time. */
const USE_KEPT_S = 60;
export const USE_IS_STALE = `(k.last_used_at IS NULL OR k.last_used_at < now() - interval '${USE_KEPT_S} seconds')`;

/** That a key `k` was not revoked and has not expired. */
export const WORKS = '(k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()))';

/** Columns of a `LiveKey`, of key `k` and its tenant `t`. */
export const LIVE_KEY = `k.id, k.tenant_id AS "tenantId", k.name, k.scopes, k.expires_at AS "expiresAt",
  k.rate_limit_per_min AS "rateLimitPerMin", ${USE_IS_STALE} AS "useIsStale", t.suspended_at IS NOT NULL AS suspended,
  json_build_object('rateLimitPerMin', t.rate_limit_per_min, 'maxQueuedItems', t.max_queued_items) AS "tenantLimits"`;
