import { request } from './http.js';

export const STATS_RANGES = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;
export type StatsRange = (typeof STATS_RANGES)[number];

interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

/** Nulls: nothing happened, or nobody looked. Times in milliseconds, shares 0 … 1. */
interface StatsFigures {
  jobs: { succeeded: number; failed: number; canceled: number; expired: number };
  items: { succeeded: number; failed: number };
  tokens: number;
  padded_tokens: number;
  jobs_per_s: number;
  tokens_per_s: number;
  wait_ms: Percentiles | null;
  duration_ms: Percentiles | null;
  error_share: number | null;
  padding_share: number | null;
  queued: number | null;
  queued_tokens: number | null;
  oldest_age_s: number | null;
  workers: number | null;
}

export interface Stats {
  range: StatsRange;
  tenants: 'own' | 'all';
  step_s: number;
  since: string;
  /** The end of the last minute that is counted. */
  until: string;
  points: ({ at: string } & StatsFigures)[];
  total: StatsFigures;
}

export function readStats(range: StatsRange, tenants: 'own' | 'all', signal?: AbortSignal): Promise<Stats> {
  return request('GET', `/v1/stats?range=${range}&tenants=${tenants}`, { signal });
}
