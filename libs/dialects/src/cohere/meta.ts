import { z } from 'zod';

const count = z.int().min(0);

export const cohereMeta = z
  .strictObject({
    api_version: z.strictObject({ version: z.enum(['1', '2']) }),
    billed_units: z.strictObject({
      search_units: count.exactOptional(),
      classifications: count.exactOptional(),
      input_tokens: count.exactOptional(),
    }),
    tokens: z.strictObject({ input_tokens: count }),
  })
  .meta({ id: 'CohereMeta' });

/** `billed`: what Cohere would count; nothing is billed here. */
export function metaOf(
  version: '1' | '2',
  tokens: number,
  billed: z.infer<typeof cohereMeta>['billed_units'],
): z.infer<typeof cohereMeta> {
  return { api_version: { version }, billed_units: billed, tokens: { input_tokens: tokens } };
}
