import { POOL_NAME, pool, poolPage } from '@heddle/contracts';
import type { Operation } from '../http/operation.js';
import { noQuery } from '../http/query.js';

export const listPools: Operation = {
  id: 'listPools',
  tag: 'Operation',
  summary: 'List the pools of workers, by name',
  query: noQuery,
  answers: { 200: { description: 'All of them.', schema: poolPage } },
};

export const getPool: Operation = {
  id: 'getPool',
  tag: 'Operation',
  summary: 'Read how many workers a pool has, and how many it should have',
  description: 'For autoscalers: `desired_workers` is the number of workers to have.',
  path: { name: POOL_NAME },
  query: noQuery,
  answers: { 200: { description: 'The pool.', schema: pool } },
};
