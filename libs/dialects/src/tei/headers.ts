import { codePointLength, type JobTiming } from '@heddle/contracts';

/** What an answer says of its making: times in whole milliseconds, what was read in characters and tokens. */
export function teiHeaders(
  texts: readonly string[],
  tokens: number,
  timing: JobTiming,
): Record<string, string> {
  const ms = (value: number) => String(Math.round(value));
  return {
    'x-compute-type': 'cpu',
    'x-compute-time': ms(timing.tokenize_ms + timing.inference_ms),
    'x-total-time': ms(timing.total_ms),
    'x-tokenization-time': ms(timing.tokenize_ms),
    'x-queue-time': ms(timing.queue_ms),
    'x-inference-time': ms(timing.inference_ms),
    'x-compute-characters': String(texts.reduce((sum, text) => sum + codePointLength(text), 0)),
    'x-compute-tokens': String(tokens),
  };
}
