import type { FilePurpose } from '@heddle/contracts';
import type { Idempotency } from '../database/idempotency.js';

/** An uploaded file whose bytes are in the artefact store. */
export interface FileRecord {
  id: string;
  purpose: FilePurpose;
  /** Of purpose `other`: what it is for in the words of the dialect. */
  label: string | null;
  /** What the interface it came in by shows of it beside what every file has. */
  dialect: Record<string, unknown> | null;
  filename: string;
  bytes: number;
  /** Of the bytes; their name in the artefact store. */
  sha256: string;
  createdAt: Date;
  expiresAt: Date | null;
}

export interface NewFile {
  tenantId: string;
  purpose: FilePurpose;
  label?: string | null;
  /** As of `FileRecord`. */
  dialect?: Record<string, unknown> | null;
  filename: string;
  bytes: number;
  sha256: string;
  expiresInS: number | null;
  idempotency: Idempotency | null;
  /** What the tenant may keep, this file included; no bound where it is absent, as of files that Heddle makes. */
  quota?: FileQuota;
}

export interface FileFilter {
  purposes?: FilePurpose[];
  label?: string;
}

/** Files older than `before` or, oldest first, newer than it; from either end where it is null. */
export interface FilePage {
  before: string | null;
  limit: number;
  oldestFirst?: boolean;
}

/** Files of a tenant and their bytes, at most. */
export interface FileQuota {
  files: number;
  bytes: number;
}
