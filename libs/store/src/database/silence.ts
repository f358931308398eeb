import { HeddleError } from '@heddle/contracts';
import pg from 'pg';
import { stateOf } from './errors.js';

/** How long work may take before the database is asked whether it answers anybody. */
const PATIENCE_MS = 1_000;
/** Of connecting, and of asking; with the patience, whoever waits is told within about 3 s. */
const PROBE_MS = 1_000;

/**
 * Tells a database that answers nobody, as one that stands still, from work that takes long: for the latter a statement's
 * timeout is the limit, and callers need not wait as long for the former.
 */
export class Silence {
  /** All who wait ask once. */
  private probe: Promise<boolean> | undefined;

  constructor(private readonly url: string) {}

  /**
   * What `work` comes to. Errors: `overloaded` while the database answers nobody; what was begun may still come true, as
   * after a lost answer to a COMMIT.
   */
  async orRefuse<T>(work: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const silent = new Promise<never>((_, refuse) => {
      const look = async () => {
        if (!(await this.isAnswering())) refuse(standsStill());
        else if (!isOver) timer = setTimeout(look, PATIENCE_MS);
      };
      timer = setTimeout(look, PATIENCE_MS);
    });
    try {
      return await Promise.race([work(), silent]);
    } finally {
      isOver = true;
      clearTimeout(timer);
    }
  }

  private isAnswering(): Promise<boolean> {
    this.probe ??= answers(this.url).finally(() => {
      this.probe = undefined;
    });
    return this.probe;
  }
}

function standsStill(): HeddleError {
  return new HeddleError('overloaded', 'The database does not answer at the moment.', {
    headers: { 'Retry-After': '1' },
  });
}

/** On a connection of its own: those of the pool may all be taken by what takes long. */
async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'heddle-probe',
    connectionTimeoutMillis: PROBE_MS,
    query_timeout: PROBE_MS,
  });
  // Whatever it is, the calls below reject too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    // A refusal is an answer.
    return stateOf(error).length === 5;
  } finally {
    // Of a connection that stands still the socket is closed; nobody waits for more.
    client.end().catch(() => undefined);
  }
}
