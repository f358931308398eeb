import type { JobEvent } from '@heddle/contracts';
import type { JobRecord } from '@heddle/store';
import { describe, expect, it } from 'vitest';
import { endEvents, jobEvents } from './job-events.js';

const time = (s: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, s));
const NOW = time(100).getTime();

function job(overrides: Partial<JobRecord>): JobRecord {
  return {
    id: '01900000-0000-7000-8000-000000000000',
    tenantId: '01900000-0000-7000-8000-000000000001',
    state: 'queued',
    model: 'm',
    alias: null,
    canary: false,
    versionId: '01900000-0000-7000-8000-000000000002',
    versionNumber: 1,
    task: 'text-classification',
    parameters: {},
    metadata: {},
    priority: 1,
    attempt: 0,
    sequence: 1,
    items: 2,
    succeeded: 0,
    failed: 0,
    usage: null,
    timing: null,
    error: null,
    batchId: null,
    evaluationId: null,
    createdAt: time(0),
    startedAt: null,
    completedAt: null,
    deadline: time(600),
    source: 'native',
    dialect: null,
    expiresAt: null,
    dataRemoved: false,
    webhook: null,
    traceId: null,
    history: null,
    ...overrides,
  };
}
const running = { state: 'running', sequence: 2, attempt: 1, startedAt: time(1) } as const;
const usage = { tokens: 1, padded_tokens: 1, truncated: 0 };
const done = { ...running, state: 'succeeded', sequence: 3, completedAt: time(2), usage } as const;
const results = [{ index: 0 }, { index: 1 }];

const all = (record: JobRecord, withResults = true, now = NOW): JobEvent[] => [
  ...jobEvents(record, now).changes,
  ...endEvents(record, withResults, now),
];
const names = (events: JobEvent[]) =>
  events.map(({ id, event, data }) => `${id} ${event === 'status' ? data.status : event}`);

describe('events of a job', () => {
  it('follow its changes', () => {
    expect(names(all(job({})))).toEqual(['1 queued']);
    expect(names(all(job(running)))).toEqual(['1 queued', '2 running']);
    expect(names(all(job({ ...done, results })))).toEqual([
      '1 queued',
      '2 running',
      '3 result',
      '4 result',
      '5 succeeded',
      '6 done',
    ]);
    expect(names(all(job({ state: 'canceled', sequence: 2, completedAt: time(1) })))).toEqual([
      '1 queued',
      '2 canceled',
      '3 done',
    ]);
    expect(names(all(job({ ...running, state: 'expired', sequence: 3, completedAt: time(1) })))).toEqual([
      '1 queued',
      '2 running',
      '3 expired',
      '4 done',
    ]);
  });

  it('tell of every attempt', () => {
    const history = [
      { sequence: 3, status: 'queued' as const, attempts: 1, at: '2026-01-01T02:00:03.5+02:00' },
      { sequence: 4, status: 'running' as const, attempts: 2, at: '2026-01-01T00:00:04+00:00' },
    ];
    const record = job({ ...done, sequence: 5, attempt: 2, history, results });
    const events = all(record, false);
    expect(names(events)).toEqual([
      '1 queued',
      '2 running',
      '3 queued',
      '4 running',
      '7 succeeded',
      '8 done',
    ]);
    expect(events[2]!.data).toMatchObject({ sequence: 3, attempts: 1, at: '2026-01-01T00:00:03.500Z' });
    expect(events[4]!.data).toMatchObject({ sequence: 5, attempts: 2 });
  });

  it('have progress from 101 items on', () => {
    const many = (items: number) => job({ ...done, items, results: Array(items).fill({ index: 0 }) });
    expect(names(all(many(100), false)).slice(-2)).toEqual(['103 succeeded', '104 done']);
    expect(names(all(many(101), false)).slice(-3)).toEqual(['104 progress', '105 succeeded', '106 done']);
  });

  it('keep their numbers when results are not asked for, are purged, or an hour has passed', () => {
    const items = 101;
    const record = job({ ...done, items, results: Array(items).fill({ index: 0 }) });
    const ids = new Map(all(record).map((event) => [names([event])[0], JSON.stringify(event.data)]));
    expect(ids.size).toBe(items + 5);
    const later = NOW + 3_600_000;
    for (const events of [all(record, false), all(record, true, later)])
      for (const event of events) expect(ids.get(names([event])[0])).toBe(JSON.stringify(event.data));
    expect(names(all(record, true, later))).toEqual(['1 queued', '2 running', '105 succeeded', '106 done']);
    const purged = job({ ...done, items, dataRemoved: true });
    expect(names(all(purged))).toEqual(names(all(record, false)));
  });
});
