import { type FilePurpose, toPublicId } from '@heddle/contracts';
import { openaiListQuery, unixSeconds } from '@heddle/dialects';
import type { FileFilter, FileRecord } from '@heddle/store';
import { z } from 'zod';
import type { UploadWish } from '../../files/files.service.js';
import { validate } from '../../http/validate.js';

/** Purposes of OpenAI for which nothing is done here: such files are kept. */
const UNUSED_PURPOSES = ['assistants', 'vision', 'fine-tune', 'user_data', 'evals'] as const;
/** Seconds until a file is removed, where its owner asks for that: an hour to 30 days. */
const EXPIRY_S = { least: 3_600, most: 2_592_000 };
/** Of one page of files, and of one without a limit. */
const MAX_LIMIT = 10_000;

export const openaiUploadFields = z.object({
  purpose: z.enum(['batch', ...UNUSED_PURPOSES]),
  'expires_after[anchor]': z.literal('created_at').optional(),
  'expires_after[seconds]': z
    .string()
    .regex(/^\d{1,9}$/, 'a number of seconds')
    .transform(Number)
    .pipe(z.int().min(EXPIRY_S.least).max(EXPIRY_S.most))
    .optional(),
});

export const openaiFilesQuery = openaiListQuery(MAX_LIMIT, MAX_LIMIT).extend({
  order: z.enum(['asc', 'desc']).default('desc'),
  purpose: z.string().exactOptional(),
});

export const openaiFile = z
  .strictObject({
    id: z.string(),
    object: z.literal('file'),
    bytes: z.int().min(0),
    created_at: z.int(),
    filename: z.string(),
    purpose: z.string(),
    status: z.literal('processed'),
    expires_at: z.int().exactOptional(),
  })
  .meta({ id: 'OpenAIFile' });
export type OpenaiFile = z.infer<typeof openaiFile>;

export function openaiUpload(fields: Record<string, string>): UploadWish {
  const wish = validate(openaiUploadFields, fields);
  const expires_in_s = wish['expires_after[seconds]'];
  return wish.purpose === 'batch'
    ? { purpose: 'batch', expires_in_s }
    : { purpose: 'other', label: wish.purpose, expires_in_s };
}

/** OpenAI has one word for both files of a batch. */
const BATCH_FILES: FilePurpose[] = ['batch_output', 'batch_error'];

export function filterOf(purpose: string | undefined): FileFilter {
  if (purpose === undefined) return {};
  if (purpose === 'batch_output') return { purposes: BATCH_FILES };
  return purpose === 'batch' ? { purposes: ['batch'] } : { purposes: ['other'], label: purpose };
}

export function openaiFileView(file: FileRecord): OpenaiFile {
  return {
    id: toPublicId('file', file.id),
    object: 'file',
    bytes: file.bytes,
    created_at: unixSeconds(file.createdAt),
    filename: file.filename,
    purpose: file.label ?? (BATCH_FILES.includes(file.purpose) ? 'batch_output' : file.purpose),
    status: 'processed',
    ...(file.expiresAt ? { expires_at: unixSeconds(file.expiresAt) } : {}),
  };
}
