import {
  type FieldError,
  fromPublicId,
  HeddleError,
  isStorableText,
  isTimestamp,
  JOB_SOURCES,
  JOB_STATES,
  type JobSource,
  type JobState,
  LIMITS,
  MODEL_NAME,
  TASKS,
  TIMESTAMP_HELP,
} from '@heddle/contracts';
import type { JobFilter, JobInclude } from '@heddle/store';
import { LIMIT_HELP, ONCE, parseLimit, single } from '../http/paging.js';

type Query = Record<string, string | string[] | undefined>;

const METADATA = /^metadata\[(.{1,64})\]$/su;
const NO_VERSION = '00000000-0000-0000-0000-000000000000';

export interface ListQuery {
  filter: JobFilter;
  limit: number;
  cursor: string | null;
  include: JobInclude;
}

/** Takes a parameter's values into the query; answers what is wrong with them, or null. */
type Reader = (values: string[], query: ListQuery) => string | null;

const READERS = new Map<string, Reader>([
  [
    'status',
    (values, { filter }) => {
      if (!values.every((value) => isOneOf(JOB_STATES, value))) return `one of ${JOB_STATES.join(', ')}`;
      // In one order, so that a cursor holds however the query is spelled.
      filter.states = [...new Set(values as JobState[])].sort();
      return null;
    },
  ],
  [
    'model',
    single((value, { filter }) => {
      filter.model = value;
      return MODEL_NAME.test(value) ? null : 'a model name';
    }),
  ],
  [
    'version',
    single((value, { filter }) => {
      // An id that cannot exist matches nothing, as one that does not.
      filter.versionId = fromPublicId('version', value) ?? NO_VERSION;
      return null;
    }),
  ],
  [
    'task',
    single((value, { filter }) => {
      filter.task = value;
      return isOneOf(TASKS, value) ? null : `one of ${TASKS.join(', ')}`;
    }),
  ],
  [
    'source',
    single((value, { filter }) => {
      filter.source = value as JobSource;
      return isOneOf(JOB_SOURCES, value) ? null : `one of ${JOB_SOURCES.join(', ')}`;
    }),
  ],
  [
    'batch',
    single((_, { filter }) => {
      // There are no batches yet: any id is one of a batch that does not exist.
      filter.none = true;
      return null;
    }),
  ],
  [
    'created_after',
    single((value, { filter }) => {
      filter.createdAfter = new Date(value);
      return isTimestamp(value) ? null : TIMESTAMP_HELP;
    }),
  ],
  [
    'created_before',
    single((value, { filter }) => {
      filter.createdBefore = new Date(value);
      return isTimestamp(value) ? null : TIMESTAMP_HELP;
    }),
  ],
  [
    'limit',
    single((value, query) => {
      const limit = parseLimit(value);
      if (limit !== null) query.limit = limit;
      return limit === null ? LIMIT_HELP : null;
    }),
  ],
  [
    'cursor',
    single((value, query) => {
      query.cursor = value;
      return null;
    }),
  ],
  [
    'include',
    single((value, query) => {
      const include = parseInclude(value);
      if (!include) return INCLUDE_HELP;
      query.include = include;
      return null;
    }),
  ],
]);

/** Query of `GET /v1/jobs`. Throws `invalid-query` naming every wrong parameter. */
export function parseListQuery(query: Query): ListQuery {
  const result: ListQuery = {
    filter: {},
    limit: LIMITS.defaultPageSize,
    cursor: null,
    include: { inputs: false, results: false },
  };
  const errors: FieldError[] = [];
  for (const [name, given] of Object.entries(query)) {
    const message = read(name, [given ?? []].flat(), result);
    if (message !== null) errors.push({ pointer: `?${name.toWellFormed()}`, code: 'value', message });
  }
  if (errors.length > 0)
    throw new HeddleError('invalid-query', 'The query is wrong; see errors.', { errors });
  return result;
}

function read(name: string, values: string[], query: ListQuery): string | null {
  if (![name, ...values].every(isStorableText)) return 'holds characters that cannot be';
  const metadataKey = METADATA.exec(name)?.[1];
  if (metadataKey !== undefined) {
    query.filter.metadata = { ...query.filter.metadata, [metadataKey]: values[0] ?? '' };
    return values.length === 1 ? null : ONCE;
  }
  return READERS.get(name)?.(values, query) ?? (READERS.has(name) ? null : 'no such parameter');
}

/**
 * Query of a single job: `include` only, both parts by default. Besides them it takes `stream_token`. Throws
 * `invalid-query`.
 */
export function parseJobQuery(query: Query): { include: JobInclude; streamToken: boolean } {
  const errors: FieldError[] = Object.keys(query)
    .filter((name) => name !== 'include')
    .map((name) => ({ pointer: `?${name.toWellFormed()}`, code: 'value', message: 'no such parameter' }));
  const values = [query.include ?? []].flat();
  const given = values[0]?.split(',');
  const parts = given?.filter((part) => part !== STREAM_TOKEN);
  const asked = parts?.length === 0 ? 'none' : parts?.join(',');
  const include = asked === undefined ? { inputs: true, results: true } : parseInclude(asked);
  const mixed = parts?.includes('none') && given!.length > 1;
  const message =
    values.length > 1 ? ONCE : include === null || mixed ? `${INCLUDE_HELP}, or ${STREAM_TOKEN}` : null;
  if (message !== null) errors.push({ pointer: '?include', code: 'value', message });
  if (errors.length > 0 || include === null) {
    throw new HeddleError('invalid-query', 'The query is wrong; see errors.', { errors });
  }
  return { include, streamToken: given?.includes(STREAM_TOKEN) ?? false };
}
const STREAM_TOKEN = 'stream_token';

const INCLUDE_HELP = 'input, output, both with a comma, or none';

function parseInclude(value: string): JobInclude | null {
  if (value === 'none') return { inputs: false, results: false };
  const parts = value.split(',');
  if (!parts.every((part) => part === 'input' || part === 'output')) return null;
  return { inputs: parts.includes('input'), results: parts.includes('output') };
}

function isOneOf<T extends string>(all: readonly T[], value: string): value is T {
  return (all as readonly string[]).includes(value);
}
