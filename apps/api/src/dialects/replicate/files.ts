import { checkValues, HeddleError, toPublicId } from '@heddle/contracts';
import type { FileRecord } from '@heddle/store';
import { z } from 'zod';
import type { UploadRules } from '../../files/files.service.js';
import type { Upload } from '../../http/multipart.js';

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
    metadata: z.record(z.string(), z.unknown()).describe('As it came with the file.'),
    created_at: z.string(),
    expires_at: z.string().nullable(),
    urls: z.strictObject({ get: z.string() }),
  })
  .meta({ id: 'ReplicateFile' });
export type ReplicateFile = z.infer<typeof replicateFile>;

/** What is kept of an upload beside what every file has. */
const origin = z.object({ contentType: z.string(), metadata: z.record(z.string(), z.unknown()) });

/** The part is called `content` here. */
export const UPLOAD: UploadRules = {
  form: { file: 'content', json: 'metadata', ignored: ['filename', 'type'] },
  read: (_, { contentType, json }) => {
    const dialect: z.infer<typeof origin> = { contentType, metadata: metadataOf(json) };
    return { purpose: 'other', label: LABEL, dialect };
  },
};

function metadataOf(json: Upload['json']): Record<string, unknown> {
  if (json === undefined || json === null) return {};
  if (typeof json !== 'object' || Array.isArray(json)) {
    throw new HeddleError('validation', 'One field is wrong; see errors.', {
      errors: [{ pointer: '/metadata', code: 'type', message: 'must be an object' }],
    });
  }
  checkValues({ metadata: json });
  return json as Record<string, unknown>;
}

export function replicateFileView(file: FileRecord, base: string): ReplicateFile {
  const id = toPublicId('file', file.id);
  // Those that came before it was kept have nothing.
  const { data } = origin.safeParse(file.dialect);
  return {
    id,
    name: file.filename,
    content_type: data?.contentType ?? 'application/octet-stream',
    size: file.bytes,
    etag: file.sha256,
    checksums: { sha256: file.sha256 },
    metadata: data?.metadata ?? {},
    created_at: file.createdAt.toISOString(),
    expires_at: file.expiresAt?.toISOString() ?? null,
    urls: { get: `${base}/replicate/v1/files/${id}` },
  };
}
