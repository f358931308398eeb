import {
  DELIVERED_EVENT_TYPES,
  DELIVERY_STATUSES,
  delivery,
  deliveryPage,
  emptyBody,
} from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';
import { choice, noQuery, pageQuery } from '../http/query.js';
import { DELIVERY_ID } from '../http/shared-shapes.js';

export const listDeliveriesQuery = z.strictObject({
  ...pageQuery,
  webhook: z.string().exactOptional().describe('`whe_…`'),
  event_type: choice(DELIVERED_EVENT_TYPES).exactOptional(),
  status: choice(DELIVERY_STATUSES).exactOptional(),
  job: z.string().exactOptional().describe('`job_…`'),
  batch: z.string().exactOptional().describe('`bat_…`'),
});
const path = { id: DELIVERY_ID };

export const listDeliveries: Operation = {
  id: 'listDeliveries',
  tag: 'Webhooks',
  summary: 'List deliveries, newest first, with their attempts',
  query: listDeliveriesQuery,
  answers: { 200: { description: 'A page.', schema: deliveryPage, headers: ['Link'] } },
};

export const getDelivery: Operation = {
  id: 'getDelivery',
  tag: 'Webhooks',
  summary: 'Get a delivery with its attempts',
  path,
  query: noQuery,
  answers: { 200: { description: 'The delivery.', schema: delivery } },
};

export const retryDelivery: Operation = {
  id: 'retryDelivery',
  tag: 'Webhooks',
  summary: 'Send it again, now',
  description: 'With the same `webhook-id` and body, and the whole schedule before it.',
  path,
  body: { schema: emptyBody, optional: true },
  answers: { 202: { description: 'The delivery.', schema: delivery } },
  errors: ['webhook-disabled'],
};
