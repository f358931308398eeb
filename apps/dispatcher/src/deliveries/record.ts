import type { DeliveryOutcome, Store } from '@heddle/store';
import { delayAfter, type Schedule } from '@heddle/webhooks';
import type { AnsweredDelivery } from './call.js';

/** The receiver wants no more, ever. */
const GONE = 410;

/** Writes down what came of an attempt. False when it is this process's no more. */
export function record(store: Store, answered: AnsweredDelivery, schedule: Schedule): Promise<boolean> {
  return store.deliveries.record(outcomeOf(answered, schedule));
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
