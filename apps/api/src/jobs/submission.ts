import { refuseCount, type SubmitJobBody, submitJobBody } from '@heddle/contracts';
import { validateBody } from '../http/validate.js';

/** The body of a submission as far as it can be checked before its model is known. */
export function parseSubmission(body: unknown): SubmitJobBody {
  const submission = validateBody(submitJobBody, body);
  refuseCount(submission.inputs);
  return submission;
}
