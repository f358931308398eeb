import type { TimeCounts } from '@heddle/contracts';

/** What ended and what waited in a minute or an hour; for the nulls see migrations/1768100000000-create-stats.sql. */
export interface StatsRow {
  /** When it begins. */
  at: Date;
  jobsSucceeded: number;
  jobsFailed: number;
  jobsCanceled: number;
  jobsExpired: number;
  itemsSucceeded: number;
  itemsFailed: number;
  tokens: number;
  paddedTokens: number;
  waits: TimeCounts;
  durations: TimeCounts;
  queued: number | null;
  queuedTokens: number | null;
  oldestAgeS: number | null;
}

/** When somebody looked at what waited, and the workers that took jobs then. */
export interface LookRow {
  at: Date;
  workers: number | null;
}
