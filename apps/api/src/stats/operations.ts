import { STATS_RANGE_NAMES, stats } from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';
import { choice } from '../http/query.js';

export const statsQuery = z.strictObject({
  range: choice(STATS_RANGE_NAMES).default('1h'),
  tenants: choice(['own', 'all']).default('own').describe('`all` needs the scope `operate`.'),
});

export const getStats: Operation = {
  id: 'getStats',
  tag: 'Operation',
  summary: 'What was done and what waited, from a quarter of an hour to a month',
  description: 'Counted a quarter of a minute after each minute.',
  query: statsQuery,
  answers: { 200: { description: 'Points with even steps.', schema: stats } },
};
