import { limits, me } from '@heddle/contracts';
import type { Operation } from '../http/operation.js';
import { noQuery } from '../http/query.js';

export const getMe: Operation = {
  id: 'getMe',
  tag: 'Account',
  summary: 'Who the caller is',
  query: noQuery,
  answers: { 200: { description: 'Tenant, key and limits.', schema: me } },
};

export const getLimits: Operation = {
  id: 'getLimits',
  tag: 'Account',
  summary: 'What the caller may ask for',
  query: noQuery,
  answers: { 200: { description: 'The limits.', schema: limits } },
};
