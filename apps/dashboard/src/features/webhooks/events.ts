import type { BodyOf } from '@heddle/client';

export type EventPattern = BodyOf<'createWebhook'>['events'][number];

/** What an endpoint may be told of, by what it is about. */
export const EVENT_GROUPS: readonly { about: string; patterns: readonly [EventPattern, string][] }[] = [
  { about: 'Everything', patterns: [['*', 'everything']] },
  {
    about: 'Jobs',
    patterns: [
      ['job.*', 'all'],
      ['job.started', 'started'],
      ['job.succeeded', 'succeeded'],
      ['job.failed', 'failed'],
      ['job.canceled', 'canceled'],
      ['job.expired', 'expired'],
    ],
  },
  {
    about: 'Batches',
    patterns: [
      ['batch.*', 'all'],
      ['batch.started', 'started'],
      ['batch.succeeded', 'succeeded'],
      ['batch.failed', 'failed'],
      ['batch.canceled', 'canceled'],
      ['batch.expired', 'expired'],
    ],
  },
  {
    about: 'Models',
    patterns: [
      ['version.ready', 'version ready'],
      ['version.failed', 'version failed'],
      ['alias.changed', 'alias changed'],
      ['evaluation.succeeded', 'evaluation succeeded'],
      ['evaluation.failed', 'evaluation failed'],
    ],
  },
  { about: 'Webhooks', patterns: [['webhook.disabled', 'another endpoint was disabled']] },
];
