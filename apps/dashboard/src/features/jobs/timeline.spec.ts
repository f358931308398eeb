import type { Job, JobEvent } from '@heddle/client';
import { expect, it } from 'vitest';
import { attemptsOf, stagesOf } from './timeline.js';

const job = (fields: Partial<Job>): Job =>
  ({
    created_at: '2026-03-01T12:00:00.000Z',
    started_at: null,
    completed_at: null,
    status: 'queued',
    attempts: 0,
    timing: null,
    ...fields,
  }) as Job;

it('a job that waits has been accepted and nothing more', () => {
  expect(stagesOf(job({})).map(({ name, done }) => [name, done])).toEqual([
    ['accepted', true],
    ['dispatched', false],
    ['claimed', false],
    ['tokenised', false],
    ['ran', false],
    ['finished', false],
  ]);
});

it('a job that has ended tells how long each stage took', () => {
  const stages = stagesOf(
    job({
      status: 'succeeded',
      attempts: 2,
      started_at: '2026-03-01T12:00:03.000Z',
      completed_at: '2026-03-01T12:00:04.000Z',
      timing: { queue_ms: 3_000, tokenize_ms: 0.4, inference_ms: 8.7, total_ms: 4_000 },
    }),
  );
  expect(stages.every(({ done }) => done)).toBe(true);
  expect(stages.map(({ tookMs }) => tookMs)).toEqual([null, null, 3_000, 0.4, 8.7, 4_000]);
  expect(stages[2]!.note).toBe('attempt 2');
});

it('a job that runs waited until its claim', () => {
  const stages = stagesOf(job({ status: 'running', started_at: '2026-03-01T12:00:01.500Z' }));
  expect(stages[2]).toMatchObject({ name: 'claimed', tookMs: 1_500, done: true });
});

it('attempts end with the next state', () => {
  const status = (id: number, state: Job['status'], at: string, attempts: number): JobEvent => ({
    id,
    event: 'status',
    data: { id: 'job_1', status: state, sequence: id, attempts, at },
  });
  const events = [
    status(1, 'queued', 't1', 0),
    status(2, 'running', 't2', 1),
    { id: 3, event: 'progress', data: { done: 1, total: 2 } } as JobEvent,
    status(4, 'queued', 't4', 1),
    status(5, 'running', 't5', 2),
  ];
  expect(attemptsOf(events)).toEqual([
    { number: 1, startedAt: 't2', endedAt: 't4', became: 'queued' },
    { number: 2, startedAt: 't5', endedAt: null, became: null },
  ]);
});
