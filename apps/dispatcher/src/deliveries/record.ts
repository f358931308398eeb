import { setTimeout as sleep } from 'node:timers/promises';
import { HeddleError } from '@heddle/contracts';
import type { DeliveryOutcome, Store } from '@heddle/store';
import { delayAfter, type Schedule } from '@heddle/webhooks';
import type { AnsweredDelivery } from './call.js';
import { leaseLeftMs } from './lease.js';

/** The receiver wants no more, ever. */
const GONE = 410;

/** Pause before another try while the database is away. */
const PAUSE_MS = 500;

/**
 * Writes down what came of an attempt; again while the database is away and the lease lasts, for what is not written
 * down is sent again. False when the attempt is this process's no more. Rejects when `signal` aborts.
 */
export async function record(
  store: Store,
  answered: AnsweredDelivery,
  schedule: Schedule,
  signal: AbortSignal,
): Promise<boolean> {
  const outcome = outcomeOf(answered, schedule);
  for (;;) {
    try {
      return await store.deliveries.record(outcome);
    } catch (error) {
      const isAway = error instanceof HeddleError && error.code === 'overloaded';
      if (!isAway || leaseLeftMs(answered.claimed) <= PAUSE_MS) throw error;
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

function outcomeOf({ claimed, exchange }: AnsweredDelivery, schedule: Schedule): DeliveryOutcome {
  const { statusCode, error, retryAfterS } = exchange;
  const gone = statusCode === GONE;
  // What may not be called will not be allowed by itself; an administrator's retry asks again.
  const isOver = gone || error === 'blocked-address';
  const failure = { attempts: claimed.failures + 1, statusCode, retryAfterS };
  return {
    id: claimed.id,
    attempt: claimed.attempt,
    durationMs: exchange.durationMs,
    statusCode,
    error,
    excerpt: exchange.excerpt,
    retryInS: error === null || isOver ? null : delayAfter(failure, schedule, Math.random),
    gone,
  };
}
