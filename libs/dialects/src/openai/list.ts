import { z } from 'zod';

/** Query of a list of OpenAI's: `after` is the id that the page before ended with. */
export function openaiListQuery(defaultLimit: number, maxLimit: number) {
  return z.object({
    after: z.string().exactOptional(),
    limit: z.coerce.number().int().min(1).max(maxLimit, `1 to ${maxLimit}`).default(defaultLimit),
  });
}

export function openaiListOf<Shown extends z.ZodType>(id: string, shown: Shown) {
  return z
    .strictObject({
      object: z.literal('list'),
      data: z.array(shown),
      has_more: z.boolean(),
      first_id: z.string().nullable(),
      last_id: z.string().nullable(),
    })
    .meta({ id });
}

export interface OpenaiList<Shown> {
  object: 'list';
  data: Shown[];
  has_more: boolean;
  first_id: string | null;
  last_id: string | null;
}

export function openaiList<Shown extends { id: string }>(data: Shown[], hasMore: boolean): OpenaiList<Shown> {
  return {
    object: 'list',
    data,
    has_more: hasMore,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

/** Seconds since 1970, as all times are told. */
export function unixSeconds(time: Date | string): number {
  return Math.floor(new Date(time).getTime() / 1000);
}
