/**
 * Backs Heddle up, and restores it: docs/operations.md. Needs pg_dump and pg_restore of the server's version or newer, in PATH or
 * in the folder of HEDDLE_PG_BIN.
 *
 *   node scripts/backup.mjs dump <folder>      the database, and the artefacts where they are in a folder
 *   node scripts/backup.mjs restore <folder>   into an empty database, which HEDDLE_DATABASE_URL names
 */
import { execFile, spawn } from 'node:child_process';
import { access, cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadConfig, orExit } from '@heddle/config';

/** As migrations make it. It belongs to the server, so no dump has it. */
const TENANT_ROLE = 'heddle_tenant';
const DUMP = 'database.dump';
const ARTIFACTS = 'artifacts';

async function dump(config, folder) {
  const security = await rowSecurity(config);
  await mkdir(folder);
  // First the rows, then the files they name: what is added meanwhile is too much, never too little.
  await run('pg_dump', [
    ...['--format=custom', '--no-owner', '--dbname', config.databaseUrl],
    ...security,
    // The dispatch window is rebuilt from the rows.
    ...['--exclude-schema=bullmq', '--file', join(folder, DUMP)],
  ]);
  if ('folder' in config.artifacts) {
    // Scratch files of running processes are nobody's.
    const filter = (path) => path !== join(config.artifacts.folder, 'tmp');
    await cp(config.artifacts.folder, join(folder, ARTIFACTS), {
      recursive: true,
      filter,
      preserveTimestamps: true,
    });
  } else console.log('Artefacts are in a bucket: back that up after this.');
  console.log(`Backed up to ${folder}.`);
}

async function restore(config, folder) {
  await access(join(folder, DUMP));
  const tables = `SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()`;
  if ((await sql(config, tables)) !== '0')
    throw new Error('The database is not empty: restore into a new one.');
  const role = `DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${TENANT_ROLE}') THEN
      CREATE ROLE ${TENANT_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    IF NOT pg_has_role(current_user, '${TENANT_ROLE}', 'MEMBER') THEN GRANT ${TENANT_ROLE} TO CURRENT_USER; END IF;
  END $$`;
  await sql(config, role);
  // Files before rows: a process that starts early finds nothing missing.
  if ('folder' in config.artifacts && (await has(folder, ARTIFACTS))) {
    await cp(join(folder, ARTIFACTS), config.artifacts.folder, { recursive: true, preserveTimestamps: true });
  }
  await run('pg_restore', [
    ...['--no-owner', '--exit-on-error', '--single-transaction', '--dbname', config.databaseUrl],
    join(folder, DUMP),
  ]);
  console.log(
    `Restored from ${folder}. Run heddle setup where the release is newer than the backup, then start.`,
  );
}

/**
 * Rows are read through policies by whoever is no superuser; that of Heddle's own account shows all. Others would back up
 * an empty database.
 */
async function rowSecurity(config) {
  if (
    (await sql(config, `SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user`)) === 't'
  )
    return [];
  const seesAll = `SELECT coalesce(bool_and(current_user = ANY (roles)), false) FROM pg_policies WHERE policyname = 'system'`;
  if ((await sql(config, seesAll)) === 't') return ['--enable-row-security'];
  throw new Error(
    'This account does not see all rows: back up as the one that migrated the database, or as a superuser.',
  );
}

const has = async (folder, name) => (await readdir(folder)).includes(name);

const program = (name) => (process.env.HEDDLE_PG_BIN ? join(process.env.HEDDLE_PG_BIN, name) : name);

async function sql({ databaseUrl }, statement) {
  const args = [
    '--no-psqlrc',
    '--tuples-only',
    '--no-align',
    '--set=ON_ERROR_STOP=1',
    '--command',
    statement,
  ];
  const { stdout } = await promisify(execFile)(program('psql'), [databaseUrl, ...args]);
  return stdout.trim();
}

function run(name, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program(name), args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${name} ended with ${signal ?? code}`)),
    );
  });
}

const commands = { dump, restore };
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name, folder, ...rest] = process.argv.slice(2);
  if (!Object.hasOwn(commands, name ?? '') || !folder || rest.length > 0) {
    console.error('Usage: node scripts/backup.mjs dump|restore <folder>');
    process.exit(64);
  }
  const { HEDDLE_PG_BIN, ...env } = process.env;
  const config = orExit(() => loadConfig(env));
  await commands[name](config, folder).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
