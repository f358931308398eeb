import type { AuditEntry } from '@heddle/client';

export type AuditAction = AuditEntry['action'];

/** In the order of the navigation; that none is missing, the type of the record sees to. */
const KNOWN: Record<AuditAction, true> = {
  'session.create': true,
  'session.delete': true,
  'key.create': true,
  'key.delete': true,
  'tenant.create': true,
  'tenant.update': true,
  'model.create': true,
  'model.update': true,
  'model.delete': true,
  'version.import': true,
  'version.update': true,
  'version.delete': true,
  'alias.set': true,
  'alias.delete': true,
  'webhook.create': true,
  'webhook.update': true,
  'webhook.delete': true,
  'webhook.rotate-secret': true,
  'webhook.replay': true,
  'worker.drain': true,
  'queue.pause': true,
  'queue.resume': true,
};

export const ACTIONS = Object.keys(KNOWN) as AuditAction[];
