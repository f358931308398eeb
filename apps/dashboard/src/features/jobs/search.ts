import type { Job } from '@heddle/client';

export const JOB_STATUSES = ['queued', 'running', 'succeeded', 'failed', 'canceled', 'expired'] as const;
export const JOB_SOURCES = [
  'native',
  'replicate',
  'openai',
  'cohere',
  'tei',
  'hf',
  'oip',
  'batch',
  'evaluation',
] as const;

/** Filters of the list, as its address has them. */
export interface JobsSearch {
  status?: Job['status'][];
  model?: string;
  source?: Job['source'];
  batch?: string;
  /** `name=text` of the metadata. */
  metadata?: string;
  /** Local time, as a field of date and time has it. */
  after?: string;
  before?: string;
}

/** What of an address is filters; the rest is left out. */
export function jobsSearch(search: Record<string, unknown>): JobsSearch {
  const status = [search.status].flat().filter((one) => JOB_STATUSES.includes(one as Job['status']));
  const source = JOB_SOURCES.find((one) => one === search.source);
  const filters: JobsSearch = {};
  if (status.length > 0) filters.status = status as Job['status'][];
  if (source !== undefined) filters.source = source;
  for (const name of ['model', 'batch', 'metadata', 'after', 'before'] as const) {
    const value = search[name];
    if (typeof value === 'string' && value !== '') filters[name] = value;
  }
  return filters;
}

/** Query of the API for these filters. A half-typed one filters nothing yet. */
export function listQuery({ status, model, source, batch, metadata, after, before }: JobsSearch) {
  const [name, ...text] = metadata?.split('=') ?? [];
  return {
    ...(status === undefined ? {} : { status }),
    ...(model === undefined ? {} : { model }),
    ...(source === undefined ? {} : { source }),
    ...(batch === undefined ? {} : { batch }),
    ...(name && text.length > 0 ? { metadata: { [name]: text.join('=') } } : {}),
    ...(isTime(after) ? { created_after: new Date(after).toISOString() } : {}),
    ...(isTime(before) ? { created_before: new Date(before).toISOString() } : {}),
  };
}

function isTime(text: string | undefined): text is string {
  return text !== undefined && !Number.isNaN(Date.parse(text));
}
