import { type ErrorCode, HeddleError, type ItemError, LIMITS, type TaskOutput } from '@heddle/contracts';
import { createAccumulator } from '@heddle/evaluation';
import type { Answered, ClaimedEvaluation, EndedEvaluationJob } from '@heddle/store';
import type { Resources } from '../resources.js';
import { boundedOptions } from './measuring.js';

/** Jobs of one look. */
const LIMIT = 100;

/** Keeps the answers of jobs that have ended. Returns how many jobs there were. Errors: `output-too-large`; the signal's reason. */
export async function collectAnswers(
  { store, signals }: Pick<Resources, 'store' | 'signals'>,
  evaluation: ClaimedEvaluation,
  signal: AbortSignal,
): Promise<number> {
  const { evaluations } = store;
  const jobs = await evaluations.endedJobs(evaluation.id, LIMIT);
  for (const job of jobs) {
    signal.throwIfAborted();
    if (job.divisible) {
      await evaluations.divide(evaluation, job);
      signals.publish(
        'jobs-submitted',
        job.ofBaseline ? evaluation.baselineVersionId! : evaluation.versionId,
      );
      continue;
    }
    const kept = await evaluations.keepAnswers(evaluation, job, await answersOf(store, evaluation, job));
    assertRoom(kept ?? 0);
  }
  return jobs.length;
}

/** Throws `output-too-large` where the answers that are kept have more bytes than they may have. */
export function assertRoom(bytes: number): void {
  if (bytes <= LIMITS.maxEvaluationOutputBytes) return;
  throw new HeddleError(
    'output-too-large',
    `The answers to all examples have at most ${LIMITS.maxEvaluationOutputBytes} bytes together; give the data set in parts.`,
  );
}

async function answersOf(
  { evaluations }: Resources['store'],
  evaluation: ClaimedEvaluation,
  job: EndedEvaluationJob,
): Promise<Answered[]> {
  const items = await evaluations.itemsAt(evaluation.id, job.places);
  const answers = job.hasResults ? await evaluations.answersOf(job.id) : [];
  // One for a job: what is asked of each answer is its own worth.
  const accumulator = createAccumulator(boundedOptions(evaluation));
  return items.map(({ place, expected, group }, i): Answered => {
    const { output = null, error = null } = answers[i] ?? { error: JSON.stringify(withoutAnswer(job)) };
    const none = { place, output: null, correct: null, loss: null };
    if (output === null) return { ...none, error: error ?? JSON.stringify(withoutAnswer(job)) };
    try {
      const predicted = JSON.parse(output) as TaskOutput;
      const worth = accumulator.add({
        index: place,
        expected: expected as never,
        predicted,
        ...(group !== null && { group }),
      });
      return { place, output, error: null, ...worth };
    } catch (fault) {
      if (!(fault instanceof HeddleError)) throw fault;
      return { ...none, error: JSON.stringify({ code: fault.code, message: fault.message }) };
    }
  });
}

/** Why the items of a job have no answers. */
function withoutAnswer({ state, error }: EndedEvaluationJob): ItemError {
  if (error) return { code: error.code as ErrorCode, message: error.message };
  return state === 'canceled'
    ? { code: 'canceled', message: 'Its job was canceled.' }
    : { code: 'internal', message: 'The answer is not there any more.' };
}
