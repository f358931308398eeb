import { HeddleError } from '@heddle/contracts';
import { CONFIG_LIMITS, type RawConfig } from './schema.js';

/** transformers' PretrainedConfig without id2label and num_labels. */
const DEFAULT_LABELS = 2;

/**
 * Label names by class index. As in transformers, id2label wins over num_labels; its keys are strings that
 * must name every index from 0. Throws `invalid-config`.
 */
export function readLabels({ id2label, num_labels: count }: RawConfig): string[] {
  if (id2label === null || id2label === undefined) {
    return Array.from({ length: count ?? DEFAULT_LABELS }, (_, index) => `LABEL_${index}`);
  }
  const names = new Map(Object.entries(id2label));
  if (names.size === 0 || names.size > CONFIG_LIMITS.labels) {
    throw new HeddleError('invalid-config', `id2label has ${names.size} labels`);
  }
  return Array.from({ length: names.size }, (_, index) => {
    const name = names.get(String(index));
    if (name === undefined) {
      throw new HeddleError('invalid-config', `id2label has ${names.size} labels but no entry for ${index}`);
    }
    return name;
  });
}
