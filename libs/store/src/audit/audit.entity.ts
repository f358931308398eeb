import type { AuditAction } from '@heddle/contracts';

/** Who changes something. */
export interface Actor {
  /** The key and its tenant; null where no key was used. */
  key: { id: string; tenantId: string } | null;
  name: string;
  /** Of the HTTP request. */
  requestId: string | null;
}

/** A command on the server's machine. */
export const LOCAL: Actor = { key: null, name: 'local', requestId: null };
/** A worker that has imported a version. */
export const IMPORT: Actor = { key: null, name: 'import', requestId: null };

/** One change: what was and what is, in the names of the API. */
export interface Change {
  /** Whose object it is. */
  tenantId: string;
  action: AuditAction;
  /** `key_…`, `mdl_…`, `ver_…`, `model@alias`, `wrk_…`, or the slug of a tenant. */
  object: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

/** A change as it was written down. */
export interface AuditRecord extends Change {
  id: string;
  at: Date;
  /** Slug of the tenant whose object it is. */
  tenant: string;
  actorTenantId: string | null;
  actorKeyId: string | null;
  actorName: string;
  requestId: string | null;
}
