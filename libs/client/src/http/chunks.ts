import type { OpenAnswer } from './transport.js';

/**
 * The bytes of an answer as they come, then its end. Throws ConnectionError where it breaks off, TimeoutError where nothing
 * comes for `silenceMs` (0: any time), and the reason of the caller's signal.
 */
export async function* chunksOf(
  { response, attempt }: OpenAnswer,
  silenceMs: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  try {
    for (;;) {
      attempt.limit(silenceMs);
      const chunk = reader && (await attempt.until(reader.read()));
      // Not while the caller is busy with what came.
      attempt.limit(0);
      if (!chunk || chunk.done) return;
      yield chunk.value;
    }
  } catch (error) {
    throw attempt.errorFor(error, 'the answer broke off');
  } finally {
    attempt.end();
    // Of a reader that left early; what is broken already says so again.
    reader?.cancel().catch(() => undefined);
  }
}
