import { createEvaluationBody, validate } from '@heddle/contracts';
import type { DatasetOptions } from './evaluations/dataset.js';
import { type ReadingFlags, readingOf } from './remote/reading-options.js';

const READING = createEvaluationBody.pick({
  format: true,
  mapping: true,
  labels: true,
  csv: true,
  conll: true,
});

/** How a data set is to be read. Throws CliError, and the error of a request that says so. */
export function readingIn(flags: ReadingFlags): Omit<DatasetOptions, 'path' | 'limit'> {
  const given = Object.entries(readingOf(flags)).filter(([, value]) => value !== undefined);
  return validate(READING, Object.fromEntries(given));
}
