import type { Database } from '../database/database.js';
import type { Query } from '../database/statement.js';
import type { EvaluationFence } from './evaluation.entity.js';

/** Thrown where an evaluation is not this dispatcher's any more: it was canceled, or another one has taken it over. */
export class EvaluationLost extends Error {
  constructor() {
    super('the evaluation is worked on by another dispatcher');
    this.name = 'EvaluationLost';
  }
}

/**
 * `work` in one transaction that holds the row of the evaluation, so that what it writes is seen together, and only while
 * this attempt is the newest. Throws `EvaluationLost`.
 */
export function fenced<T>(
  database: Database,
  { id, attempt }: EvaluationFence,
  work: (query: Query) => Promise<T>,
): Promise<T> {
  return database.transaction(async (query) => {
    const rows = await query(
      'SELECT 1 FROM evaluations WHERE id = $1 AND attempt = $2 AND completed_at IS NULL FOR UPDATE',
      [id, attempt],
    );
    if (rows.length === 0) throw new EvaluationLost();
    return work(query);
  });
}
