import { STATS_RETENTION_DAYS, type StatsResolution } from '@heddle/contracts';
import type { Access } from '../database/database.js';
import { SMALL_ROWS_BATCH } from '../jobs/retention.js';
import { COUNTED_AFTER_S, countMinute, EVERYBODY } from './count.js';
import type { LookRow, StatsRow } from './stats.entity.js';

/** What a row of any tenant is; sums of large tables come as text from Postgres, unless they are made numbers there. */
const COLUMNS = `at, jobs_succeeded AS "jobsSucceeded", jobs_failed AS "jobsFailed", jobs_canceled AS "jobsCanceled",
  jobs_expired AS "jobsExpired", items_succeeded::float8 AS "itemsSucceeded", items_failed::float8 AS "itemsFailed",
  tokens::float8 AS tokens, padded_tokens::float8 AS "paddedTokens", waits, durations, queued,
  queued_tokens::float8 AS "queuedTokens", oldest_age_s AS "oldestAgeS"`;

/** What was done and what waited, by minutes and hours. */
export class StatsRepository {
  constructor(private readonly access: Access) {}

  /** Counts a minute that is over and not counted yet; false when there is none. By default one that ended some seconds ago. */
  count(over = new Date(Date.now() - COUNTED_AFTER_S * 1000)): Promise<boolean> {
    return countMinute(this.access.system, over);
  }

  /** Up to when minutes are counted. */
  async countedUntil(): Promise<Date> {
    const [row] = await this.access.system.query<{ until: Date }>(
      'SELECT counted_until AS until FROM stats_progress',
    );
    return row!.until;
  }

  /** Rows that begin from `since` on, oldest first; of all tenants together when `tenantId` is null. */
  list(tenantId: string | null, resolution: StatsResolution, since: Date): Promise<StatsRow[]> {
    const database = tenantId === null ? this.access.system : this.access.tenant(tenantId);
    return database.query<StatsRow>(
      `SELECT ${COLUMNS} FROM stats WHERE tenant_id = $1 AND resolution = $2 AND at >= $3 ORDER BY at`,
      [tenantId ?? EVERYBODY, resolution, since],
    );
  }

  /** When somebody looked at what waited, from `since` on, oldest first: then a tenant without a row had nothing waiting. */
  looks(resolution: StatsResolution, since: Date): Promise<LookRow[]> {
    return this.access.system.query<LookRow>(
      `SELECT at, workers FROM stats WHERE tenant_id = '${EVERYBODY}' AND resolution = $1 AND at >= $2 AND queued IS NOT NULL ORDER BY at`,
      [resolution, since],
    );
  }

  /** Removes some rows that are kept no longer. Returns how many. */
  async removeOld(): Promise<number> {
    const rows = await this.access.system.query(
      `DELETE FROM stats WHERE (tenant_id, resolution, at) IN (
         SELECT s.tenant_id, s.resolution, s.at FROM unnest($1::int[], $2::int[]) AS kept (resolution, days)
          CROSS JOIN LATERAL (SELECT tenant_id, resolution, at FROM stats
            WHERE resolution = kept.resolution AND at < now() - make_interval(days => kept.days)
            ORDER BY at LIMIT ${SMALL_ROWS_BATCH} FOR UPDATE SKIP LOCKED) s)
       RETURNING at`,
      [Object.keys(STATS_RETENTION_DAYS).map(Number), Object.values(STATS_RETENTION_DAYS)],
    );
    return rows.length;
  }
}
