import { z } from 'zod';
import { LIMITS } from './limits.js';

/** What a file may be uploaded for. */
export const UPLOAD_PURPOSES = ['model'] as const;
export type FilePurpose = (typeof UPLOAD_PURPOSES)[number];

/** Fields beside the file of `POST /v1/files`; multipart values are texts. */
export const uploadFields = z.strictObject({
  purpose: z.enum(UPLOAD_PURPOSES),
  expires_in_s: z
    .string()
    .regex(/^\d{1,9}$/, 'a number of seconds')
    .transform(Number)
    .pipe(z.int().min(LIMITS.minFileExpiryS).max(LIMITS.maxFileExpiryS))
    .optional(),
});

/** An uploaded file as the API shows it. */
export interface StoredFile {
  id: string;
  object: 'file';
  purpose: FilePurpose;
  filename: string;
  bytes: number;
  sha256: string;
  created_at: string;
  expires_at: string | null;
}
