import {
  changeWebhookBody,
  createWebhookBody,
  delivery,
  emptyBody,
  LIMITS,
  replayBody,
  replayed,
  rotateSecretBody,
  webhook,
  webhookPage,
  webhookSecret,
} from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';
import { noQuery, pageQuery } from '../http/query.js';
import { WEBHOOK_ID } from '../http/shared-shapes.js';

export const listWebhooksQuery = z.strictObject(pageQuery);
const path = { id: WEBHOOK_ID };

export const createWebhook: Operation = {
  id: 'createWebhook',
  tag: 'Webhooks',
  summary: 'Make a webhook',
  description: `Its secret is in this answer and nowhere else. A tenant has ${LIMITS.maxWebhooksPerTenant} at most.`,
  headers: ['Idempotency-Key'],
  body: {
    schema: createWebhookBody,
    examples: { ends: { url: 'https://example.com/hooks', events: ['job.*', 'version.ready'] } },
  },
  answers: {
    201: { description: 'The webhook.', schema: webhook, headers: ['Location', 'Idempotency-Replayed'] },
  },
  errors: ['webhook-url-invalid', 'quota-exceeded'],
};

export const listWebhooks: Operation = {
  id: 'listWebhooks',
  tag: 'Webhooks',
  summary: 'List webhooks, newest first',
  query: listWebhooksQuery,
  answers: { 200: { description: 'A page.', schema: webhookPage, headers: ['Link'] } },
};

export const getWebhook: Operation = {
  id: 'getWebhook',
  tag: 'Webhooks',
  summary: 'Get a webhook',
  path,
  query: noQuery,
  answers: { 200: { description: 'The webhook.', schema: webhook } },
};

export const changeWebhook: Operation = {
  id: 'changeWebhook',
  tag: 'Webhooks',
  summary: 'Change a webhook, disable it or enable it again',
  description:
    'What waits for one that is disabled is skipped, and so is what happens meanwhile; a replay sends it later.',
  path,
  body: { schema: changeWebhookBody, optional: true, examples: { enable: { enabled: true } } },
  answers: { 200: { description: 'The webhook.', schema: webhook } },
  errors: ['webhook-url-invalid'],
};

export const deleteWebhook: Operation = {
  id: 'deleteWebhook',
  tag: 'Webhooks',
  summary: 'Delete a webhook',
  path,
  query: noQuery,
  answers: { 204: { description: 'It is gone. Its deliveries stay listed.' } },
};

export const rotateWebhookSecret: Operation = {
  id: 'rotateWebhookSecret',
  tag: 'Webhooks',
  summary: 'Sign with another secret from now on',
  path,
  body: { schema: rotateSecretBody, optional: true },
  answers: { 200: { description: 'The new secret.', schema: webhookSecret } },
};

export const testWebhook: Operation = {
  id: 'testWebhook',
  tag: 'Webhooks',
  summary: 'Send it `webhook.test`',
  description: 'Also where it is disabled.',
  path,
  headers: ['Idempotency-Key'],
  body: { schema: emptyBody, optional: true },
  answers: {
    202: { description: 'The delivery.', schema: delivery, headers: ['Location', 'Idempotency-Replayed'] },
  },
};

export const replayWebhook: Operation = {
  id: 'replayWebhook',
  tag: 'Webhooks',
  summary: 'Send what was not delivered again',
  description: `The oldest first, ${LIMITS.maxReplayedDeliveries} at most; \`all\` also what was delivered. The ids stay the same.`,
  path,
  body: { schema: replayBody, examples: { missed: { since: '2026-11-23T06:00:00Z', status: 'skipped' } } },
  answers: { 202: { description: 'How many are sent.', schema: replayed } },
  errors: ['webhook-disabled'],
};

export const getDefaultWebhookSecret: Operation = {
  id: 'getDefaultWebhookSecret',
  tag: 'Webhooks',
  summary: 'Get the secret that jobs’ own webhooks are signed with',
  query: noQuery,
  answers: { 200: { description: 'The secret.', schema: webhookSecret } },
};

export const rotateDefaultWebhookSecret: Operation = {
  id: 'rotateDefaultWebhookSecret',
  tag: 'Webhooks',
  summary: 'Sign jobs’ own webhooks with another secret from now on',
  body: { schema: rotateSecretBody, optional: true },
  answers: { 200: { description: 'The new secret.', schema: webhookSecret } },
};
