import { createHash } from 'node:crypto';
import { HeddleError } from '@heddle/contracts';
import { MAX_GROUP } from '../metrics/reward/index.js';
import { checkSlice, MAX_FIELDS } from '../metrics/slices.js';
import { MAX_LABELS } from '../metrics/vocabulary.js';
import type { EvaluatedTask } from './check-example.js';
import type { Example, ExpectedEntity } from './example.js';
import { MAX_EXPECTED_CHARS, MAX_GROUP_CHARS, MAX_OUTPUT_CHARS } from './limits.js';
import { wrong } from './reading/fields.js';

/** Longer texts are kept as a digest of 43 characters. */
const KEY_CHARS = 32;
/** More than a file has lines. */
const LINES = 2 ** 40;

/** Where an example stands. */
interface Place {
  file: string;
  line: number;
}

/**
 * What is asked of the examples of a dataset together, so that metrics take all of them: the first ones decide, in the
 * order of the dataset and not in that of answers.
 */
export class SetChecks {
  /** File and line of each id, as one number: a million texts would be many megabytes. */
  private readonly ids = new Map<string, number>();
  private readonly files: string[] = [];
  private readonly fields = new Set<string>();
  private readonly labels = new Set<string>();
  private readonly groups = new Map<string, number>();
  private chars = 0;

  constructor(private readonly hasSeveralFiles: boolean) {}

  /** Whether nothing more may come. */
  get isFull(): boolean {
    return this.chars > MAX_OUTPUT_CHARS;
  }

  /** Error: `validation`, and then the example does not count. */
  take(
    example: Pick<Example, 'input' | 'expected' | 'slice' | 'group'>,
    task: EvaluatedTask,
    place: Place,
  ): void {
    const { slice = {}, group = '' } = example;
    const expectedChars = charsIn(example.expected);
    if (expectedChars > MAX_EXPECTED_CHARS)
      throw wrong('/expected', `has more than ${MAX_EXPECTED_CHARS} characters`);
    if (group.length > MAX_GROUP_CHARS) throw wrong('/group', `has more than ${MAX_GROUP_CHARS} characters`);
    const { id } = example.input as { id?: string };
    if (id !== undefined) this.checkId(id);
    const fields = this.newFields(slice);
    const labels = this.newLabels(example.expected, task);
    const isGrouped = task === 'score' && group !== '';
    const groupKey = keyOf(group);
    if (isGrouped && this.groups.get(groupKey) === MAX_GROUP)
      throw wrong('/group', `at most ${MAX_GROUP} examples have the same`);

    if (id !== undefined) this.ids.set(keyOf(id), this.numberOf(place));
    for (const field of fields) this.fields.add(field);
    for (const label of labels) this.labels.add(label);
    if (isGrouped) this.groups.set(groupKey, (this.groups.get(groupKey) ?? 0) + 1);
    this.chars += charsIn(example.input) + expectedChars + group.length;
  }

  private checkId(id: string): void {
    const before = this.ids.get(keyOf(id));
    if (before === undefined) return;
    const file = this.hasSeveralFiles ? ` of ${this.files[Math.floor(before / LINES)]}` : '';
    throw new HeddleError('validation', `Line ${before % LINES}${file} has the same id, "${id}".`);
  }

  private numberOf({ file, line }: Place): number {
    if (this.files.at(-1) !== file) this.files.push(file);
    return (this.files.length - 1) * LINES + line;
  }

  private newFields(slice: Readonly<Record<string, string>>): string[] {
    checkSlice(slice);
    const added = Object.keys(slice).filter((field) => !this.fields.has(field));
    if (this.fields.size + added.length > MAX_FIELDS)
      throw wrong('/slice', `a dataset is split by at most ${MAX_FIELDS} fields; "${added[0]}" is one more`);
    return added;
  }

  private newLabels(expected: Example['expected'], task: EvaluatedTask): Set<string> {
    const added = new Set(labelsIn(expected, task).filter((label) => !this.labels.has(label)));
    if (this.labels.size + added.size > MAX_LABELS)
      throw wrong('/expected', `a dataset has at most ${MAX_LABELS} labels`);
    return added;
  }
}

/** A text, or what stands for a long one: a hundred thousand of a thousand characters would take hundreds of megabytes. */
function keyOf(text: string): string {
  return text.length <= KEY_CHARS ? text : createHash('sha256').update(text).digest('base64url');
}

function labelsIn(expected: Example['expected'], task: EvaluatedTask): string[] {
  if (task === 'token-classification')
    return (expected as ExpectedEntity[]).map(({ entity_group: type }) => type);
  if (task !== 'text-classification' && task !== 'zero-shot-classification') return [];
  return [expected].flat().filter((label) => typeof label === 'string');
}

/** What any other value counts as: about what it takes as JSON. */
const VALUE_CHARS = 8;

/** UTF-16 units of all texts, and some for each other value. */
function charsIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return VALUE_CHARS;
  let chars = VALUE_CHARS;
  for (const inner of Object.values(value)) chars += charsIn(inner);
  return chars;
}
