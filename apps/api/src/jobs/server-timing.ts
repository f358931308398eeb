import type { JobTiming } from '@heddle/contracts';

/** `Server-Timing` of a job that ended within the response. */
export function serverTiming(timing: JobTiming): string {
  return `queue;dur=${timing.queue_ms}, tokenize;dur=${timing.tokenize_ms}, inference;dur=${timing.inference_ms}`;
}
