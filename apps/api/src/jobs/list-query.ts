import {
  fromPublicId,
  HeddleError,
  isTimestamp,
  JOB_SOURCES,
  JOB_STATES,
  LIMITS,
  MODEL_NAME,
  TASKS,
  TIMESTAMP_HELP,
} from '@heddle/contracts';
import type { JobFilter, JobInclude } from '@heddle/store';
import { z } from 'zod';
import { choice, pageQuery, type Query, readQuery, repeatable } from '../http/query.js';

const METADATA = new RegExp(`^metadata\\[(.{1,${LIMITS.maxMetadataKeyChars}})\\]$`, 'su');
const ALL: JobInclude = { inputs: true, results: true };
/** No row has it. */
const NOTHING = '00000000-0000-0000-0000-000000000000';
const time = z.string().refine(isTimestamp, TIMESTAMP_HELP).meta({ format: 'date-time' }).exactOptional();

const INCLUDE_HELP = 'input, output, both with a comma, or none';
const listInclude = z
  .string()
  .regex(/^(none|(input|output)(,(input|output))*)$/, INCLUDE_HELP)
  .default('none')
  .describe('Parts of the jobs: `input`, `output`, both with a comma, or `none`.');

/** Query of `GET /v1/jobs`. */
export const listJobsQuery = z.strictObject({
  ...pageQuery,
  status: repeatable(JOB_STATES).exactOptional(),
  model: z.string().regex(MODEL_NAME, 'a model name').exactOptional(),
  version: z.string().exactOptional().describe('`ver_…`'),
  task: choice(TASKS).exactOptional(),
  source: choice(JOB_SOURCES).exactOptional(),
  batch: z.string().exactOptional().describe('`bat_…`: jobs that have lines of it.'),
  created_after: time,
  created_before: time,
  metadata: z
    .record(z.string().min(1).max(LIMITS.maxMetadataKeyChars), z.string())
    .exactOptional()
    .describe('`metadata[name]=text`: exactly this text; several all hold.'),
  include: listInclude,
});

/** Query of `GET /v1/jobs/{id}`. */
export const jobQuery = z.strictObject({
  include: z
    .string()
    .regex(
      /^(none(,stream_token)?|(input|output|stream_token)(,(input|output|stream_token))*)$/,
      `${INCLUDE_HELP}; besides them stream_token`,
    )
    .default('input,output')
    .describe(
      '`input`, `output`, both with a comma (as without it), or `none`; besides them, or alone, `stream_token`.',
    ),
});

export interface ListQuery {
  filter: JobFilter;
  limit: number;
  cursor?: string;
  include: JobInclude;
}

/** Query of `GET /v1/jobs`. Throws `invalid-query` naming every wrong parameter. */
export function parseListQuery(query: Query): ListQuery {
  const { limit, cursor, include, ...given } = readQuery(listJobsQuery, gatherMetadata(query));
  const { status, version, batch, created_after: after, created_before: before, ...same } = given;
  const filter: JobFilter = {
    ...same,
    ...(status ? { states: status } : {}),
    // An id that cannot exist matches nothing, as one that does not.
    ...(version === undefined ? {} : { versionId: fromPublicId('version', version) ?? NOTHING }),
    ...(batch === undefined ? {} : { batchId: fromPublicId('batch', batch) ?? NOTHING }),
    ...(after === undefined ? {} : { createdAfter: new Date(after) }),
    ...(before === undefined ? {} : { createdBefore: new Date(before) }),
  };
  return { filter, limit, ...(cursor === undefined ? {} : { cursor }), include: partsOf(include) };
}

/** Query of a single job: both parts by default. Throws `invalid-query`. */
export function parseJobQuery(query: Query): { include: JobInclude; streamToken: boolean } {
  const { include } = readQuery(jobQuery, query);
  const parts = include.split(',').filter((part) => part !== 'stream_token');
  const streamToken = include.includes('stream_token');
  // A token that is asked for takes nothing away.
  return { include: parts.length === 0 ? ALL : partsOf(parts.join(',')), streamToken };
}

function partsOf(include: string): JobInclude {
  const parts = include.split(',');
  return { inputs: parts.includes('input'), results: parts.includes('output') };
}

/** `metadata[name]=text` as members of `metadata`. */
function gatherMetadata(query: Query): Query {
  const pairs: [string, string | string[] | undefined][] = [];
  const others = Object.entries(query).filter(([name, values]) => {
    const member = METADATA.exec(name)?.[1];
    // No job has this name, and an object with it is not what it seems.
    if (member === undefined || member === '__proto__') return true;
    pairs.push([member, values]);
    return false;
  });
  if (pairs.length > 0 && 'metadata' in query)
    throw new HeddleError('invalid-query', 'The query is wrong; see errors.', {
      errors: [{ pointer: '?metadata', code: 'value', message: 'needs a name: metadata[name]' }],
    });
  const gathered = pairs.length > 0 ? { metadata: Object.fromEntries(pairs) } : {};
  return { ...Object.fromEntries(others), ...gathered } as Query;
}
