import { z } from 'zod';

/** Texts that are too long are cut unless the request says otherwise, as text-embeddings-inference does by default. */
export const truncationFields = {
  truncate: z.boolean().nullish().describe('True when absent.'),
  truncation_direction: z
    .string()
    .regex(/^(left|right)$/i, '`Left` or `Right`')
    .nullish()
    .describe('`Left` or `Right`; `Right` when absent.'),
};

export function truncationOf({
  truncate,
  truncation_direction: direction,
}: {
  truncate?: boolean | null | undefined;
  truncation_direction?: string | null | undefined;
}): { truncate: boolean; truncation_side: 'left' | 'right' } {
  return {
    truncate: truncate ?? true,
    truncation_side: direction?.toLowerCase() === 'left' ? 'left' : 'right',
  };
}
