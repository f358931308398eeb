import { z } from 'zod';
import { pageOf, publicIdOf, timestamp } from './shapes.js';

/** What the audit log tells of. */
export const AUDIT_ACTIONS = [
  'key.create',
  'key.delete',
  'session.create',
  'session.delete',
  'tenant.create',
  'tenant.update',
  'model.create',
  'model.update',
  'model.delete',
  'version.import',
  'version.update',
  'version.delete',
  'alias.set',
  'alias.delete',
  'webhook.create',
  'webhook.update',
  'webhook.delete',
  'webhook.rotate-secret',
  'webhook.replay',
  'worker.drain',
  'queue.pause',
  'queue.resume',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** One change as the API shows it. */
export const auditEntry = z
  .strictObject({
    id: publicIdOf('audit'),
    at: timestamp,
    tenant: z.string().describe('Whose object it is; of a worker, which is nobody’s, the operator’s.'),
    actor: z
      .strictObject({ key: publicIdOf('key').nullable(), name: z.string() })
      .describe('`key` is null for what no key did, and for an operator’s that another tenant must not see.'),
    action: z.enum(AUDIT_ACTIONS),
    object: z
      .string()
      .describe(
        '`key_…`, `mdl_…`, `ver_…`, `model@alias`, `wrk_…`, `whe_…`, `default` (the secret of per-job URLs), or the slug of a tenant.',
      ),
    before: z.record(z.string(), z.unknown()).nullable(),
    after: z.record(z.string(), z.unknown()).nullable(),
    request_id: z.string().nullable().describe('Null for what was not asked over HTTP.'),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof auditEntry>;
export const auditPage = pageOf('AuditPage', auditEntry);
