import type { Attempt } from './attempt.js';

/** All of an answer as UTF-8, within the time of its attempt. Throws what reading does, or the reason of the attempt. */
export async function textOf(response: Response, attempt: Attempt): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const chunk = reader && (await attempt.until(reader.read()));
      if (!chunk || chunk.done) return text + decoder.decode();
      text += decoder.decode(chunk.value, { stream: true });
    }
  } finally {
    // The rest of one that stands still is nobody's.
    reader?.cancel().catch(() => undefined);
  }
}
