import type { Database } from '../database/database.js';

export interface EndedJobs {
  model: string;
  task: string;
  source: string;
  status: string;
  count: number;
}

/** What these jobs are and what they ended in, counted: for metrics. Those that have not ended are left out. */
export function countEnded(database: Database, ids: string[]): Promise<EndedJobs[]> {
  return database.query<EndedJobs>(
    `SELECT m.name AS model, j.task, j.source, j.state AS status, count(*)::int AS count
       FROM jobs j JOIN versions v ON v.id = j.version_id JOIN models m ON m.id = v.model_id
      WHERE j.id = ANY ($1::uuid[]) AND j.state NOT IN ('queued', 'running') GROUP BY 1, 2, 3, 4`,
    [ids],
    'kept',
  );
}
