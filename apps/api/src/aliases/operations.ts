import { ALIAS_NAME, alias, aliasPage, putAliasBody } from '@heddle/contracts';
import type { Operation } from '../http/operation.js';
import { noQuery } from '../http/query.js';
import { MODEL_IN_PATH } from '../http/shared-shapes.js';

const ofModel = { model: MODEL_IN_PATH };
const path = { ...ofModel, alias: ALIAS_NAME };

export const listAliases: Operation = {
  id: 'listAliases',
  tag: 'Models',
  summary: 'List the aliases of a model',
  path: ofModel,
  query: noQuery,
  answers: { 200: { description: 'All of them.', schema: aliasPage } },
};

export const getAlias: Operation = {
  id: 'getAlias',
  tag: 'Models',
  summary: 'Get an alias with its history',
  path,
  query: noQuery,
  answers: { 200: { description: 'The alias.', schema: alias, headers: ['ETag'] } },
};

export const setAlias: Operation = {
  id: 'setAlias',
  tag: 'Models',
  summary: 'Point an alias to a version',
  description:
    'Jobs accepted after the answer use that version, and the canary’s share of them the canary. What is left out is taken away.',
  path,
  headers: ['If-Match'],
  body: {
    schema: putAliasBody,
    examples: { number: { version: 1 }, trial: { version: 1, canary: { version: 2, percent: 10 } } },
  },
  answers: { 200: { description: 'The alias as it is now.', schema: alias, headers: ['ETag'] } },
  errors: ['version-not-ready', 'version-archived', 'promotion-blocked', 'precondition-failed'],
};

export const deleteAlias: Operation = {
  id: 'deleteAlias',
  tag: 'Models',
  summary: 'Delete an alias',
  path,
  query: noQuery,
  headers: ['If-Match'],
  answers: { 204: { description: 'It is gone.' } },
  errors: ['precondition-failed'],
};
