import { setImmediate } from 'node:timers/promises';
import { type EvaluationError, HeddleError, LIMITS } from '@heddle/contracts';
import type { Example } from '@heddle/evaluation';
import type { ClaimedEvaluation, ReadDataset } from '@heddle/store';
import type { Resources } from '../resources.js';
import { openDataset } from './dataset.js';
import { problemTypeOf } from './measuring.js';

/** Milliseconds of work after which others get their turn. */
const TURN_MS = 5;
/** Of a report: fields that it is split by, and characters of a value. */
const MOST = { fields: 10, valueChars: 128 };

/**
 * Reads the whole data set: what does not fit is known before a model is asked. Errors: as `openDataset`; `too-many-lines`;
 * `artifact-corrupt` where the stored file is not what was uploaded.
 */
export async function readThrough(
  resources: Pick<Resources, 'artifacts'>,
  evaluation: ClaimedEvaluation,
  signal: AbortSignal,
): Promise<ReadDataset> {
  const { format, examples, report, hash } = await openDataset(resources, evaluation, signal);
  const unfit = new Unfit(evaluation);
  let items = 0;
  let since = performance.now();
  for await (const example of examples) {
    if (!unfit.take(example) && ++items > LIMITS.maxEvaluationItems)
      throw new HeddleError(
        'too-many-lines',
        `A data set that is evaluated has at most ${LIMITS.maxEvaluationItems} examples.`,
      );
    if (performance.now() - since < TURN_MS) continue;
    await setImmediate();
    signal.throwIfAborted();
    since = performance.now();
  }
  if (hash.digest('hex') !== evaluation.sha256)
    throw new HeddleError('artifact-corrupt', 'The stored file is not what was uploaded.');
  const read = report.problems.map(({ line, code, message }) => ({ line, code, message }));
  return {
    format,
    items,
    skipped: report.skipped,
    invalid: report.problemCount + unfit.count,
    errors: [...read, ...unfit.errors].slice(0, LIMITS.maxBatchErrors),
    errorCount: report.problemCount + unfit.count,
  };
}

/** Examples that are right by themselves, and cannot be measured with this model. The same ones each time the data set is read. */
export class Unfit {
  count = 0;
  readonly errors: EvaluationError[] = [];
  private readonly fields = new Set<string>();
  private readonly problem: string | null;

  constructor(evaluation: Pick<ClaimedEvaluation, 'task' | 'manifest' | 'parameters'>) {
    const isClassified = ['text-classification', 'zero-shot-classification'].includes(evaluation.task);
    this.problem = isClassified ? problemTypeOf(evaluation) : null;
  }

  /** Whether the example is one. */
  take({ line, expected, slice = {} }: Example): boolean {
    const message = this.wrongLabel(expected) ?? this.wrongSlice(slice);
    if (message === null) return false;
    this.count++;
    if (this.errors.length < LIMITS.maxBatchErrors) this.errors.push({ line, code: 'validation', message });
    return true;
  }

  private wrongLabel(expected: Example['expected']): string | null {
    if (this.problem === 'regression' && typeof expected !== 'number')
      return '/expected: must be a number, which is what the model answers';
    if (this.problem === 'single_label_classification' && typeof expected !== 'string')
      return '/expected: must be a label, which is what the model answers';
    const areLabels = Array.isArray(expected) && expected.every((one) => typeof one === 'string');
    if (this.problem === 'multi_label_classification' && !areLabels)
      return '/expected: must be a list of labels, which is what the model answers';
    return null;
  }

  private wrongSlice(slice: Record<string, string>): string | null {
    const added = Object.keys(slice).filter((field) => !this.fields.has(field));
    if (this.fields.size + added.length > MOST.fields)
      return `/slice: a data set is split by at most ${MOST.fields} fields`;
    if (Object.values(slice).some((value) => value.length > MOST.valueChars))
      return `/slice: values have at most ${MOST.valueChars} characters`;
    for (const field of added) this.fields.add(field);
    return null;
  }
}
