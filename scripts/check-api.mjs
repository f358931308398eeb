/**
 * Asks a running Heddle everything that its OpenAPI document allows, and much that it forbids: schemathesis with all of
 * its checks, against real processes with the shipped models and the document as it is served. scripts/api/hooks.py says
 * which refusals are no findings.
 *
 *   npm run check:api [-- --seed 7 --minutes 5 --redis --only createJob --phases coverage]
 *
 * Without --minutes each route is asked a fixed number of times (about five minutes in all); with it, fuzzing goes on
 * until they are over. Ends with status 1 where anything was found.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { startHeddle, startRedis, startTestPostgres } from '@heddle/testing';

const HOOKS = fileURLToPath(new URL('./api/hooks.py', import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL('./api/requirements.txt', import.meta.url));
const FOLDER = fileURLToPath(new URL('../.heddle/schemathesis', import.meta.url));
/** Written when everything is installed: what was asked for. */
const STAMP = join(FOLDER, 'installed.txt');

const DISARMING = ['deleteKey', 'updateTenant'];

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    redis: { type: 'boolean', default: false },
    only: { type: 'string' },
    phases: { type: 'string', default: 'examples,coverage,fuzzing,stateful' },
    'max-examples': { type: 'string', default: '50' },
  },
});

await install();
const stops = [];
let asking;
// What is asked ends; then everything that was started does.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => asking?.kill());
try {
  const postgres = await startTestPostgres();
  stops.push(() => postgres.stop());
  process.env.HEDDLE_TEST_POSTGRES_URL = postgres.url;
  const redis = options.redis ? await startRedis() : null;
  if (redis) stops.push(() => redis.stop());
  const heddle = await startHeddle(redis ? { redisUrl: redis.url } : {});
  stops.push(() => heddle.stop());
  process.exitCode = await check(heddle);
  const logged = heddle.logs().trim();
  if (logged !== '') console.log(`What the processes logged:\n${logged.slice(-20_000)}`);
} finally {
  for (const stop of stops.reverse()) await stop();
}

/**
 * What takes away a key, or what its tenant may do, comes last: it may hit the key that asks, and then everything behind
 * it is refused.
 */
async function check(heddle) {
  if (options.only) return ask(heddle, ['--include-operation-id', options.only]);
  const first = await ask(heddle, [
    ...['--include-path-regex', '^/v1/'],
    ...DISARMING.flatMap((id) => ['--exclude-operation-id', id]),
  ]);
  const last = await ask(
    heddle,
    ['createKey', 'createTenant', ...DISARMING].flatMap((id) => ['--include-operation-id', id]),
  );
  return first || last;
}

async function ask({ url, key }, operations) {
  const args = [
    'run',
    `${url}/openapi.json`,
    ...['--url', url],
    ...['--header', `Authorization: Bearer ${key}`],
    ...['--checks', 'all'],
    ...['--phases', options.phases],
    ...['--max-examples', options['max-examples']],
    ...['--seed', options.seed],
    ...['--request-timeout', '30'],
    // What was found by an earlier run is no part of this one.
    ...['--generation-database', 'none'],
    '--continue-on-failure',
    ...(options.minutes ? ['--max-time', String(Number(options.minutes) * 60)] : []),
    ...operations,
  ];
  asking = spawn(join(FOLDER, 'bin/schemathesis'), args, {
    cwd: FOLDER,
    stdio: 'inherit',
    env: { ...process.env, SCHEMATHESIS_HOOKS: HOOKS },
  });
  const [code] = await once(asking, 'exit');
  return code ?? 1;
}

/** Once. What is there and complete stays. */
async function install() {
  const wanted = await readFile(REQUIREMENTS, 'utf8');
  if ((await readFile(STAMP, 'utf8').catch(() => null)) === wanted) return;
  console.log('installing schemathesis into .heddle/schemathesis …');
  await rm(FOLDER, { recursive: true, force: true });
  const run = promisify(execFile);
  await run('python3', ['-m', 'venv', FOLDER]);
  await run(join(FOLDER, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS]);
  await writeFile(STAMP, wanted);
}
