/** What the audit log tells of. */
export const AUDIT_ACTIONS = [
  'key.create',
  'key.delete',
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
  'worker.drain',
  'queue.pause',
  'queue.resume',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** One change as the API shows it. */
export interface AuditEntry {
  id: string;
  at: string;
  /** Whose object it is; of a worker, which is nobody's, the operator's. */
  tenant: string;
  /** `key` is null for what no key did, and for an operator's that another tenant must not see. */
  actor: { key: string | null; name: string };
  action: AuditAction;
  /** `key_…`, `mdl_…`, `ver_…`, `model@alias`, `wrk_…`, or the slug of a tenant. */
  object: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  /** Null for what was not asked over HTTP. */
  request_id: string | null;
}
