import { createTestDatabase, type TestDatabase, withServer } from './postgres.js';

/** Database of the server of a test run that the others are copies of. */
const ORIGINAL = 'heddle_migrated';

/**
 * A new database with Heddle's schema. It is migrated once in a test run, by the first who asks, and copied for everybody:
 * dozens of migrations take longer than many a spec.
 */
export async function createMigratedDatabase(): Promise<TestDatabase> {
  return withServer(async (query) => {
    // Released with the connection. One copy at a time: of two, each would be in the other's way in the database.
    await query(`SELECT pg_advisory_lock(hashtext('${ORIGINAL}'))`);
    const there = await query(`SELECT FROM pg_database WHERE datname = '${ORIGINAL}'`);
    if (there.length === 0) {
      const { migrate } = await import('@heddle/store');
      const { name, url } = await createTestDatabase();
      await migrate({ url, applicationName: 'spec', onPoolError: () => undefined });
      await query(`ALTER DATABASE ${name} RENAME TO ${ORIGINAL}`);
    }
    return createTestDatabase(ORIGINAL);
  });
}
