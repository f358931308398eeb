import { STATS_RANGES, type StatsRange } from '../../api/stats.js';

export interface OverviewSearch {
  range?: StatsRange;
  tenants?: 'all';
}

export function overviewSearch(search: Record<string, unknown>): OverviewSearch {
  const range = STATS_RANGES.find((name) => name === search.range);
  return {
    ...(range === undefined ? {} : { range }),
    ...(search.tenants === 'all' ? { tenants: 'all' } : {}),
  };
}
