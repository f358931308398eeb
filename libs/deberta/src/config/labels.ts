import { HeddleError } from '@heddle/contracts';
import { CONFIG_LIMITS, type Dialect, type RawConfig } from './keys.js';
import { quote } from './parse.js';

/** transformers' PretrainedConfig without id2label and num_labels. */
const DEFAULT_LABELS = 2;

/**
 * Label names by class index. As in transformers, id2label wins over num_labels; its keys are strings that
 * must name every index from 0. Null when Microsoft's configuration says nothing: its code is told the number
 * by the task. Throws `invalid-config`.
 */
export function readLabels(raw: RawConfig, dialect: Dialect): string[] | null {
  const { id2label, num_labels: count } = raw;
  if (id2label === null) {
    return count === null && dialect === 'microsoft' ? null : numberedLabels(count ?? DEFAULT_LABELS);
  }
  const names = new Map(Object.entries(id2label));
  if (names.size === 0 || names.size > CONFIG_LIMITS.labels) {
    throw new HeddleError('invalid-config', `id2label has ${names.size} labels`);
  }
  const labels = Array.from({ length: names.size }, (_, index) => {
    const name = names.get(String(index));
    if (name === undefined) {
      throw new HeddleError('invalid-config', `id2label has ${names.size} labels but no entry for ${index}`);
    }
    return name;
  });
  refuseContradiction(labels, raw);
  return labels;
}

export function numberedLabels(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `LABEL_${index}`);
}

/** label2id may name other labels (a default nobody removed), but not the same ones otherwise. */
function refuseContradiction(labels: string[], { label2id }: RawConfig): void {
  const known = new Set(labels);
  for (const [name, id] of Object.entries(label2id ?? {})) {
    if (known.has(name) && labels[Number(id)] !== name) {
      throw new HeddleError(
        'invalid-config',
        `label2id says that ${quote(name)} is ${quote(id)}; id2label has ${quote(labels[Number(id)])} there`,
      );
    }
  }
}
