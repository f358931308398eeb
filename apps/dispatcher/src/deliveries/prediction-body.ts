import { LIMITS, toPublicId } from '@heddle/contracts';
import { predictionOf, replicateOrigin } from '@heddle/dialects';
import type { EventSource } from '@heddle/store';
import { jobView } from '@heddle/views';
import { jobAsBegun } from './job-as-begun.js';

/** Parts that may be too large to be sent, and what stands in their place: clients want an object for an input. */
const LARGE = { output: null, input: {} };
type Part = keyof typeof LARGE;

/**
 * A prediction as its clients know it, without an envelope, at most 64 KiB: of one that is larger, the larger part is left
 * out, with `<part>_omitted: true` beside it.
 */
export function predictionBody({ type, job, objectId, sequence }: EventSource): string {
  if (!job?.dialect) return JSON.stringify({ id: toPublicId('job', objectId), data_removed: true });
  const origin = replicateOrigin.parse(job.dialect);
  const shown = type === 'prediction.start' ? jobAsBegun(job, sequence) : job;
  const body: Record<string, unknown> = {
    ...predictionOf(jobView(shown, { inputs: true, results: true }), origin, null),
  };
  const omit = (part: Part) => Object.assign(body, { [part]: LARGE[part], [`${part}_omitted`]: true });
  // Too large to have been read at all.
  if (shown.results == null && shown.resultsBytes != null) omit('output');
  if (shown.inputs == null && shown.inputsBytes != null) omit('input');
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '');
  const parts = (Object.keys(LARGE) as Part[]).sort((one, other) => bytes(body[other]) - bytes(body[one]));
  for (const part of parts) if (bytes(body) > LIMITS.maxWebhookBodyBytes) omit(part);
  return JSON.stringify(body);
}
