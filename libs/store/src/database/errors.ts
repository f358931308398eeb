import { HeddleError } from '@heddle/contracts';

/** SQLSTATE classes of a database that is away, overloaded or starting, not of a wrong statement. */
const OPERATIONAL_CLASSES = ['08', '53', '57', '58'];
/** Serialisation failure, deadlock, lock timeout, transaction ended by the idle timeout, read-only (fail-over). */
const OPERATIONAL_STATES = new Set(['40001', '40P01', '55P03', '25P03', '25006']);
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);
/** pg and TypeORM report these without a code. */
const OPERATIONAL_MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error|not queryable|DataSource is not (set|initialized)|QueryRunnerAlreadyReleased|Driver not Connected/i;
/** Lost races that vanish when the statement is simply run again. */
const RETRY_AT_ONCE = new Set(['40001', '40P01']);
const MAX_TRIES = 3;
const DISK_FULL = '53100';

/**
 * Runs `work`; deadlocks and serialisation failures are tried again, an unreachable or overloaded database
 * or one whose disk is full becomes `overloaded` (503, Retry-After), everything else is a bug and passes through
 * unchanged.
 */
export async function translateErrors<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (RETRY_AT_ONCE.has(stateOf(error)) && attempt < MAX_TRIES) continue;
      if (!isOperational(error)) throw error;
      const detail =
        stateOf(error) === DISK_FULL
          ? 'The disk of the database is full.'
          : 'The database is not available at the moment.';
      throw new HeddleError('overloaded', detail, { cause: error, headers: { 'Retry-After': '1' } });
    }
  }
}

/** SQLSTATE of a driver error, or ''. */
export function stateOf(error: unknown): string {
  const candidate = error as { code?: unknown; driverError?: { code?: unknown } } | null;
  const code = candidate?.driverError?.code ?? candidate?.code;
  return typeof code === 'string' ? code : '';
}

function isOperational(error: unknown): boolean {
  const state = stateOf(error);
  if (NETWORK_CODES.has(state) || OPERATIONAL_STATES.has(state)) return true;
  if (state.length === 5 && OPERATIONAL_CLASSES.includes(state.slice(0, 2))) return true;
  return error instanceof Error && OPERATIONAL_MESSAGES.test(`${error.name} ${error.message}`);
}
