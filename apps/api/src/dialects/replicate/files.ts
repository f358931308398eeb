import { toPublicId } from '@heddle/contracts';
import type { FileRecord } from '@heddle/store';
import { z } from 'zod';
import type { UploadRules } from '../../files/files.service.js';

/** What files of this dialect are for. */
export const LABEL = 'replicate';

export const replicateFile = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    content_type: z.string(),
    size: z.int(),
    etag: z.string(),
    checksums: z.strictObject({ sha256: z.string() }),
    metadata: z.strictObject({}),
    created_at: z.string(),
    expires_at: z.string().nullable(),
    urls: z.strictObject({ get: z.string() }),
  })
  .meta({ id: 'ReplicateFile' });
export type ReplicateFile = z.infer<typeof replicateFile>;

/** The part is called `content` here. Nothing is done with what is said of it. */
export const UPLOAD: UploadRules = {
  form: { file: 'content', ignored: ['metadata', 'filename', 'type'] },
  read: () => ({ purpose: 'other', label: LABEL }),
};

export function replicateFileView(file: FileRecord, base: string): ReplicateFile {
  const id = toPublicId('file', file.id);
  return {
    id,
    name: file.filename,
    content_type: 'application/octet-stream',
    size: file.bytes,
    etag: file.sha256,
    checksums: { sha256: file.sha256 },
    metadata: {},
    created_at: file.createdAt.toISOString(),
    expires_at: file.expiresAt?.toISOString() ?? null,
    urls: { get: `${base}/replicate/v1/files/${id}` },
  };
}
