import { z } from 'zod';
import { apiKey } from './keys.js';

/** What holds for a caller. */
export const limits = z
  .strictObject({
    max_body_bytes: z.int(),
    max_inputs_per_job: z.int(),
    max_text_chars: z.int(),
    max_job_chars: z.int(),
    max_queued_items_per_tenant: z.int(),
    max_model_bytes: z.int(),
    max_file_bytes: z.int(),
    max_stored_files_per_tenant: z.int(),
    max_stored_bytes_per_tenant: z.int(),
    max_batch_lines: z.int(),
    max_line_bytes: z.int(),
    max_open_evaluations: z.int(),
    max_evaluation_items: z.int(),
    max_evaluation_metrics: z.int(),
    max_evaluation_option_bytes: z.int(),
    max_evaluation_output_bytes: z.int(),
    max_resamples: z.int(),
    max_resampled_values: z.int().describe('Resamples times examples, of `average_precision` times labels.'),
    max_page_bytes: z.int(),
    max_wait_s: z.int(),
    max_deadline_s: z.int(),
    rate_limit_per_min: z.int().nullable().describe('Null is no limit.'),
  })
  .meta({ id: 'Limits' });
export type Limits = z.infer<typeof limits>;

/** Who a caller is. */
export const me = z
  .strictObject({
    tenant: z.strictObject({ slug: z.string(), name: z.string() }),
    key: z.strictObject({ id: apiKey.shape.id, name: z.string(), scopes: apiKey.shape.scopes }),
    limits,
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof me>;
