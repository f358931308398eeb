import { HeddleError, type Task } from '@heddle/contracts';
import type { Expected, ExpectedEntity } from './example.js';

export interface LabelNames {
  /** Labels of the dataset to those of the model, as `{ "0": "negative" }`. */
  mapping?: Readonly<Record<string, string>>;
  /** The labels of the model, of token classification its tags or types; without them every label is taken. */
  names?: readonly string[];
}

/** Labels that a message names. */
const MOST_NAMED = 20;

/**
 * The model's label for one of the dataset: the one that the mapping gives, else the one of that name, else the only one
 * of that name in other letters (`ENTAILMENT` for `entailment`). Errors: `validation`.
 */
export function modelLabel(label: string, { mapping = {}, names }: LabelNames): string {
  const name = Object.hasOwn(mapping, label) ? mapping[label]! : label;
  if (!names || names.includes(name)) return name;
  const alike = names.filter((known) => known.toLowerCase() === name.toLowerCase());
  if (alike.length === 1) return alike[0]!;
  const shown = names.slice(0, MOST_NAMED).join(', ') + (names.length > MOST_NAMED ? ', …' : '');
  throw new HeddleError('validation', `The model has no label "${name}".`, {
    errors: [
      {
        pointer: '/expected',
        code: 'value',
        message: `"${name}" is no label of the model, which has ${shown}`,
      },
    ],
  });
}

/** What is expected, in labels of the model. Numbers are labels where the mapping has them. Errors: `validation`. */
export function inModelLabels(task: Task, expected: Expected, labels: LabelNames): Expected {
  if (task === 'token-classification') {
    const types = labels.names && { names: [...new Set(labels.names.map(typeOfTag))] };
    return (expected as ExpectedEntity[]).map((entity) => renamed(entity, { ...labels, ...types }));
  }
  if (task !== 'text-classification' && task !== 'zero-shot-classification') return expected;
  if (typeof expected === 'string') return modelLabel(expected, labels);
  if (typeof expected === 'number') {
    const isLabel = labels.mapping !== undefined && Object.hasOwn(labels.mapping, String(expected));
    return isLabel ? modelLabel(String(expected), labels) : expected;
  }
  return Array.isArray(expected) && expected.every((one) => typeof one === 'string')
    ? expected.map((one) => modelLabel(one, labels))
    : expected;
}

function renamed(entity: ExpectedEntity, labels: LabelNames): ExpectedEntity {
  const { mapping = {}, names } = labels;
  const { entity_group: type } = entity;
  const mapped = Object.hasOwn(mapping, type) ? typeOfTag(mapping[type]!) : type;
  return { ...entity, entity_group: modelLabel(mapped, names ? { names } : {}) };
}

/** `PER` of `B-PER`: models name tags, and answers types. */
function typeOfTag(label: string): string {
  return label.replace(/^[BIESLU]-(?=.)/, '');
}
