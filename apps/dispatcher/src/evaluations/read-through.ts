import { HeddleError, LIMITS } from '@heddle/contracts';
import { exampleParameters } from '@heddle/evaluation';
import type { ClaimedEvaluation, ReadDataset } from '@heddle/store';
import type { Resources } from '../resources.js';
import { openDataset } from './dataset.js';
import type { Turn } from './turn.js';

/** What was found, and whether the data set was read to its end: where not, `errors` say why. */
export interface Findings extends ReadDataset {
  isWhole: boolean;
}

/**
 * Reads the whole data set: what does not fit is known before a model is asked. Errors: as `openDataset`; `too-many-lines`;
 * `artifact-corrupt` where the stored file is not what was uploaded.
 */
export async function readThrough(
  resources: Pick<Resources, 'artifacts'>,
  evaluation: ClaimedEvaluation,
  signal: AbortSignal,
  turn: Turn,
): Promise<Findings> {
  const { format, examples, report, read } = await openDataset(resources, evaluation, signal, turn);
  let items = 0;
  for await (const _ of examples) {
    if (++items > LIMITS.maxEvaluationItems)
      throw new HeddleError(
        'too-many-lines',
        `A data set that is evaluated has at most ${LIMITS.maxEvaluationItems} examples.`,
      );
  }
  const isWhole = read.bytes === evaluation.bytes && !report.isGivenUp;
  const isOther = isWhole ? read.hash.digest('hex') !== evaluation.sha256 : report.problemCount === 0;
  if (isOther) throw new HeddleError('artifact-corrupt', 'The stored file is not what was uploaded.');
  return {
    format,
    items,
    skipped: report.skipped,
    invalid: report.problemCount,
    errors: report.problems
      .slice(0, LIMITS.maxBatchErrors)
      .map(({ line, code, message }) => ({ line, code, message })),
    errorCount: report.problemCount,
    isWhole,
    parameters: exampleParameters(evaluation, format),
  };
}
