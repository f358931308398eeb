import { teiErrorOf, teiOpenaiErrorOf, teiStatusOf } from '@heddle/dialects';
import type { Mount } from '../../http/mount.js';

/** Routes whose answers are OpenAI's have errors of another form. */
const OF_OPENAI = /\/embeddings$/;
/** What has none but one error of its own. */
const OF_HEALTH = /^\/tei\/[^/]+(\/[^/]+)?\/(health|ping)$/;

export const teiErrors: NonNullable<Mount['errors']> = (error, { path }) => {
  if (error.code === 'overloaded' && OF_HEALTH.test(path))
    return { status: 503, body: { error: error.message, error_type: 'Unhealthy' } };
  const { status } = teiStatusOf(error);
  return { status, body: OF_OPENAI.test(path) ? teiOpenaiErrorOf(error) : teiErrorOf(error) };
};
