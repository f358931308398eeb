import { checkModeration, HeddleError, LIMITS, type Moderation } from '@heddle/contracts';
import { z } from 'zod';

/** Keys of Heddle's own; whatever else a configuration says of thresholds may mean something else. */
const keys = z.object({
  safe_label: z.union([z.string(), z.array(z.string()).max(LIMITS.maxLabels)]).nullish(),
  label_thresholds: z.record(z.string(), z.number().min(0).max(1)).nullish(),
});

/**
 * How moderations read the labels of a classifier, as its configuration says: `safe_label`, one or a list, and
 * `label_thresholds` by label. Null when it says nothing. Throws `invalid-config`, also for labels that are none.
 */
export function readModeration(config: unknown, labels: readonly string[]): Moderation | null {
  const parsed = keys.safeParse(config);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new HeddleError('invalid-config', faults.join('; '));
  }
  const { safe_label: safe, label_thresholds: thresholds } = parsed.data;
  if (!safe && !thresholds) return null;
  const moderation: Moderation = {
    ...(safe ? { safe_labels: [safe].flat() } : {}),
    ...(thresholds ? { thresholds } : {}),
  };
  checkModeration(moderation, labels);
  return moderation;
}
