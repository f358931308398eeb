import type { PredictionEventType } from '@heddle/contracts';

/** What a webhook may ask to be told of. */
export const WEBHOOK_FILTERS = ['start', 'output', 'logs', 'completed'] as const;
export type WebhookFilter = (typeof WEBHOOK_FILTERS)[number];

const EVENTS: Record<WebhookFilter, PredictionEventType | null> = {
  start: 'prediction.start',
  output: 'prediction.output',
  // There are none.
  logs: null,
  completed: 'prediction.completed',
};

/** Events of a job that such a webhook is told of; all of them without a filter. */
export function eventsOf(filter: readonly WebhookFilter[] = WEBHOOK_FILTERS): PredictionEventType[] {
  return [...new Set(filter)].flatMap((name) => EVENTS[name] ?? []);
}
