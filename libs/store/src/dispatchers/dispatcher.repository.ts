import type { Database } from '../database/database.js';

/** Seconds within which a dispatcher must have had an answer from the queue. */
const QUEUE_FRESH_S = 30;

export class DispatcherRepository {
  constructor(private readonly database: Database) {}

  /** Notes that the queue has just answered this dispatcher. */
  async queueAnswered(dispatcher: { id: string; host: string; pid: number }): Promise<void> {
    await this.database.query(
      `INSERT INTO dispatchers (id, host, pid) VALUES ($1, $2, $3)
       ON CONFLICT (id) DO UPDATE SET queue_answered_at = now()`,
      [dispatcher.id, dispatcher.host, dispatcher.pid],
    );
  }

  async remove(id: string): Promise<void> {
    await this.database.query('DELETE FROM dispatchers WHERE id = $1', [id]);
  }

  /** Dispatchers that the queue answered lately. */
  async countFresh(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM dispatchers WHERE queue_answered_at > now() - make_interval(secs => $1)',
      [QUEUE_FRESH_S],
    );
    return row!.count;
  }

  /** Forgets dispatchers that were killed a day ago or earlier. */
  async removeGone(): Promise<void> {
    await this.database.query("DELETE FROM dispatchers WHERE queue_answered_at < now() - interval '1 day'");
  }
}
