import type { Job, JobEvent } from '@heddle/client';

export interface Stage {
  name: 'accepted' | 'dispatched' | 'claimed' | 'tokenised' | 'ran' | 'finished';
  /** RFC 3339; null where the API does not tell when. */
  at: string | null;
  /** Milliseconds that it took; null where that is not known. */
  tookMs: number | null;
  done: boolean;
  note?: string;
}

/**
 * The way of a job. Its dispatch is not told by the API and lies between acceptance and claim; `tokenised` and `ran` have a
 * duration and no time. Timings of a job that was tried again are those of the attempt that won.
 */
export function stagesOf(job: Job): Stage[] {
  const { timing, started_at: startedAt, completed_at: completedAt, status } = job;
  const ran = timing !== null;
  const waited = startedAt === null ? null : Date.parse(startedAt) - Date.parse(job.created_at);
  return [
    { name: 'accepted', at: job.created_at, tookMs: null, done: true },
    {
      name: 'dispatched',
      at: null,
      tookMs: null,
      done: startedAt !== null,
      note: startedAt === null ? undefined : 'between acceptance and claim',
    },
    {
      name: 'claimed',
      at: startedAt,
      tookMs: timing?.queue_ms ?? waited,
      done: startedAt !== null,
      note: job.attempts > 1 ? `attempt ${job.attempts}` : undefined,
    },
    { name: 'tokenised', at: null, tookMs: timing?.tokenize_ms ?? null, done: ran },
    { name: 'ran', at: null, tookMs: timing?.inference_ms ?? null, done: ran },
    {
      name: 'finished',
      at: completedAt,
      tookMs: timing?.total_ms ?? null,
      done: completedAt !== null,
      note: completedAt === null ? undefined : status,
    },
  ];
}

export interface AttemptRow {
  number: number;
  startedAt: string;
  /** When it ended, or was given up. */
  endedAt: string | null;
  /** State that the job had afterwards. */
  became: Job['status'] | null;
}

/** Tries at the job, from its `status` events in their order. */
export function attemptsOf(events: readonly JobEvent[]): AttemptRow[] {
  const attempts: AttemptRow[] = [];
  for (const event of events) {
    if (event.event !== 'status') continue;
    const { status, at, attempts: number } = event.data;
    const open = attempts.at(-1);
    if (open && open.endedAt === null) {
      open.endedAt = at;
      open.became = status;
    }
    if (status === 'running')
      attempts.push({ number: number ?? attempts.length + 1, startedAt: at, endedAt: null, became: null });
  }
  return attempts;
}
