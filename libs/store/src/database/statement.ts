import { createHash } from 'node:crypto';
import { type EntityManager, type QueryRunner, QueryRunnerAlreadyReleasedError } from 'typeorm';

/**
 * How Postgres comes to the plan of a statement: anew each time; or, for what runs for every job, where planning costs
 * more than running, once for each connection, and again when the statistics of its tables change. A kept plan must be a
 * good one for all parameters.
 */
export type Planning = 'anew' | 'kept';

/** Rows of one statement. */
export type Query = <Row>(sql: string, parameters?: unknown[], planning?: Planning) => Promise<Row[]>;

/** Rows of one statement on the connection of `manager`'s transaction, or on one of its own. */
export async function rowsOf<Row>(
  manager: EntityManager,
  sql: string,
  parameters: unknown[],
  planning: Planning,
): Promise<Row[]> {
  const run = planning === 'kept' ? runPrepared : runOnce;
  return withRunner(manager, async (runner) => (await run(runner, sql, parameters)) as Row[]);
}

/** `work` on the runner of `manager`'s transaction, or on one that is released afterwards. */
export async function withRunner<T>(
  manager: EntityManager,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  if (manager.queryRunner) return work(manager.queryRunner);
  const own = manager.connection.createQueryRunner();
  try {
    return await work(own);
  } finally {
    await own.release();
  }
}

async function runOnce(runner: QueryRunner, sql: string, parameters: unknown[]): Promise<unknown[]> {
  return (await runner.query(sql, parameters, true)).records;
}

/** TypeORM has no named statements; its connection is one of pg's, which has. */
async function runPrepared(runner: QueryRunner, sql: string, parameters: unknown[]): Promise<unknown[]> {
  // As `runner.query` has it: a transaction whose connection was lost is over.
  if (runner.isReleased) throw new QueryRunnerAlreadyReleasedError();
  const connection: {
    query(statement: { name: string; text: string; values: unknown[] }): Promise<{ rows: unknown[] }>;
  } = await runner.connect();
  return (await connection.query({ name: nameOf(sql), text: sql, values: parameters })).rows;
}

/** By SQL. Statements with kept plans are constants of the program, so they are few. */
const names = new Map<string, string>();

/** The name that a statement is prepared under. */
export function nameOf(sql: string): string {
  const name = names.get(sql) ?? createHash('sha256').update(sql).digest('base64url');
  names.set(sql, name);
  return name;
}
