import { type StoredFile, toPublicId } from '@heddle/contracts';
import type { FileRecord } from '@heddle/store';

/** A file as the API shows it. */
export function fileView(record: FileRecord): StoredFile {
  return {
    id: toPublicId('file', record.id),
    object: 'file',
    purpose: record.purpose,
    filename: record.filename,
    bytes: record.bytes,
    sha256: record.sha256,
    created_at: record.createdAt.toISOString(),
    expires_at: record.expiresAt?.toISOString() ?? null,
  };
}
