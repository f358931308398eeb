import { z } from 'zod';
import { LIMITS } from './limits.js';
import { pageOf, publicIdOf, sha256Hex, timestamp } from './shapes.js';

/** What a file may be uploaded for. */
export const UPLOAD_PURPOSES = ['model', 'batch', 'dataset'] as const;
/** What files are for: those that the server makes included, and those that a dialect keeps for what is not done here. */
export const FILE_PURPOSES = [...UPLOAD_PURPOSES, 'batch_output', 'batch_error', 'other'] as const;
export type FilePurpose = (typeof FILE_PURPOSES)[number];

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
export const storedFile = z
  .strictObject({
    id: publicIdOf('file'),
    object: z.literal('file'),
    purpose: z.enum(FILE_PURPOSES),
    filename: z.string(),
    bytes: z.int().min(0),
    sha256: sha256Hex,
    created_at: timestamp,
    expires_at: timestamp.nullable(),
  })
  .meta({ id: 'File' });
export type StoredFile = z.infer<typeof storedFile>;
export const filePage = pageOf('FilePage', storedFile);
