import { HeddleError } from '@heddle/contracts';
import pg from 'pg';
import type { EntityManager } from 'typeorm';
import { stateOf } from './errors.js';
import { nameOf, type Planning, type Query, rowsOf, withRunner } from './statement.js';

/** The role that statements of a tenant run as; made by migrations/1764600000000-isolate-tenants.sql. */
export const TENANT_ROLE = 'heddle_tenant';

/**
 * Makes the rest of a transaction one of tenant $1, and says how prepared statements are planned. The end of the transaction
 * takes all of it back, whatever its end is. No row comes of it: the condition is what has the effect.
 */
const BECOME = `SELECT WHERE set_config('role', '${TENANT_ROLE}', true) || set_config('heddle.tenant', $1, true)
  || set_config('plan_cache_mode', $2, true) IS NULL`;
const BECOME_NAME = nameOf(BECOME);

/** Makes the rest of the transaction one of the tenant. */
export async function becomeTenant(manager: EntityManager, tenantId: string): Promise<void> {
  await rowsOf(manager, BECOME, [tenantId, 'auto'], 'anew');
}

/** Runs statements within a tenant's transaction for every tenant's rows. After an error the transaction is over. */
export function systemWithin(query: Query): Query {
  return async (sql, parameters, planning) => {
    await query("SELECT set_config('role', 'none', true)");
    const rows = await query(sql, parameters, planning);
    await query(`SELECT set_config('role', '${TENANT_ROLE}', true)`);
    return rows as never;
  };
}

/** Connections that have `BECOME` prepared. */
const prepared = new WeakSet<pg.ClientBase>();

/**
 * Rows of one statement of a tenant. `BECOME` and the statement travel together and are one transaction, as everything is
 * that comes before one Sync message: no round trip is added, and neither can run without the other.
 */
export function rowsForTenant<Row>(
  manager: EntityManager,
  tenantId: string,
  sql: string,
  parameters: unknown[],
  planning: Planning,
): Promise<Row[]> {
  return withRunner(manager, async (runner) => {
    const client = (await runner.connect()) as pg.ClientBase;
    if (!prepared.has(client)) {
      // Alone, where it has no effect: pg takes the answer to a Parse message for one to the statement that it was given.
      await client.query({ name: BECOME_NAME, text: BECOME, values: [tenantId, 'auto'] });
      prepared.add(client);
    }
    const name = planning === 'kept' ? { name: nameOf(sql) } : {};
    // Policies make planning dear, so Postgres shall not try again and again whether a plan for these parameters is better.
    const become = [tenantId, planning === 'kept' ? 'force_generic_plan' : 'auto'];
    const statement = { ...name, text: sql, values: parameters, queryMode: 'extended' };
    const query = new pg.Query(statement as pg.QueryConfig);
    const { submit } = query;
    query.submit = (connection) => {
      connection.stream.cork();
      try {
        connection.bind({ portal: '', statement: BECOME_NAME, values: become }, true);
        connection.execute({ portal: '' }, true);
        return submit.call(query, connection);
      } finally {
        connection.stream.uncork();
      }
    };
    return new Promise<Row[]>((resolve, reject) => {
      const done = (error: Error | null, results: { rows: Row[] }[]) =>
        error ? reject(error) : resolve(results.at(-1)!.rows);
      client.query(query as never, done as never);
    });
  });
}

/**
 * Throws `wrong-schema` unless this account can become the role of tenants, and that role is held by the policies: roles
 * belong to the server, so a dump of a database does not bring them along.
 */
export async function assertTenantRole(query: Query): Promise<void> {
  try {
    await query(`SELECT set_config('role', '${TENANT_ROLE}', true)`);
  } catch (error) {
    // No such role; may not become it.
    if (!['22023', '42501'].includes(stateOf(error))) throw error;
    throw unusable(`this account cannot become the role ${TENANT_ROLE}`, error);
  }
  const [role] = await query<{ free: boolean }>(
    'SELECT rolsuper OR rolbypassrls AS free FROM pg_roles WHERE rolname = $1',
    [TENANT_ROLE],
  );
  if (role!.free) throw unusable(`the role ${TENANT_ROLE} is a superuser or has BYPASSRLS`);
}

/** The error of a server on which tenants cannot be kept apart. */
export function unusable(reason: string, cause?: unknown): HeddleError {
  return new HeddleError(
    'wrong-schema',
    `Postgres does not keep tenants apart: ${reason}. See docs/keys.md, "In the database".`,
    { cause },
  );
}
