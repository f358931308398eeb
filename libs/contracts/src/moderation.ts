import { z } from 'zod';
import { HeddleError } from './errors.js';
import { LIMITS } from './limits.js';

const label = z.string().min(1).max(LIMITS.maxLabelChars);

/** How moderations read the labels of a version. */
export const moderation = z.strictObject({
  safe_labels: z
    .array(label)
    .max(LIMITS.maxLabels)
    .exactOptional()
    .describe('Labels that never flag a text. When absent those called `safe`, `ok`, `neutral` or `not_…`.'),
  thresholds: z
    .record(label, z.number().min(0).max(1))
    .refine((given) => Object.keys(given).length <= LIMITS.maxLabels, `at most ${LIMITS.maxLabels} labels`)
    .meta({ maxProperties: LIMITS.maxLabels })
    .exactOptional()
    .describe('The probability from which on a label flags a text; 0.5 for those that are not named.'),
});
export type Moderation = z.infer<typeof moderation>;

/** Throws `invalid-config` where it names a label that is none. */
export function checkModeration(
  { safe_labels: safe = [], thresholds = {} }: Moderation,
  labels: readonly string[],
): void {
  const known = new Set(labels);
  const strange = [...safe, ...Object.keys(thresholds)].find((name) => !known.has(name));
  if (strange === undefined) return;
  throw new HeddleError(
    'invalid-config',
    `moderation names ${JSON.stringify(strange.slice(0, LIMITS.maxLabelChars))}, which is none of the labels`,
  );
}
