import {
  artifactsOf,
  ConfigError,
  type Environment,
  EXIT_CONFIG,
  foldersOf,
  orExit,
  readEnvironment,
} from '@heddle/config';
import { UnreachableFolderError } from '@heddle/embedded';
import { driverEnvironment } from '@heddle/runtime';
import { COMMAND } from '../command-name.js';
import { ensureAdminKey } from '../setup/admin-key.js';
import { databaseFolder, makeFolders } from '../setup/folders.js';
import { setUp } from '../setup/setup.js';
import { banner } from './banner.js';
import { type Database, startDatabase } from './database.js';
import { waitForPort } from './port.js';
import { EndedEarlyError, Supervisor } from './supervisor.js';

export interface UpOptions {
  newAdminKey: boolean;
}

/** A terminal and a parent such as `timeout` may both pass on one Ctrl-C: within this time it is still the same. */
const SAME_SIGNAL_MS = 1_000;

/** Starts everything on this machine and runs until it is told to stop. Resolves with the exit status. */
export async function up(options: UpOptions): Promise<number> {
  const startedAt = performance.now();
  const values = orExit(() => readEnvironment(process.env));
  const folders = foldersOf(values);
  const report = (line: string) => void process.stderr.write(`${line}\n`);
  let database: Database | undefined;
  const supervisor = { current: undefined as Supervisor | undefined };
  const interrupted = onInterrupt(() => {
    supervisor.current?.kill();
    database?.kill();
  });

  try {
    await makeFolders(values);
    await waitForPort(values.HEDDLE_HOST, values.HEDDLE_PORT);
    if (!values.HEDDLE_DATABASE_URL) database = await startDatabase(databaseFolder(values), report);
    const databaseUrl = values.HEDDLE_DATABASE_URL ?? database!.url;
    await setUp({
      databaseUrl,
      artifacts: artifactsOf(values),
      dataDir: folders.dataDir,
      env: values,
      report,
    });
    if (interrupted.signal.aborted) return 130;

    const running = new Supervisor({
      env: childEnvironment(values, folders, databaseUrl),
      drainMs: values.HEDDLE_DRAIN_MS,
      report,
    });
    supervisor.current = running;
    report('starting api, dispatcher and worker …');
    const [{ url }] = await Promise.all([
      running.start('api'),
      running.start('dispatcher'),
      running.start('worker'),
    ]);
    if (interrupted.signal.aborted) return 130;
    const seconds = (performance.now() - startedAt) / 1000;
    // Now and not before: a key whose start was broken off could never be shown.
    const adminKey = await ensureAdminKey(databaseUrl, options.newAdminKey);
    process.stdout.write(banner({ url: url!, adminKey, seconds, dataDir: folders.dataDir }));

    const lost = database?.lost.catch((error: Error) => {
      throw new Error(
        `The embedded Postgres cannot be started again: ${error.message}\n` +
          `Everything is stopped. When that is mended, \`${COMMAND} up\` goes on with the same data.`,
      );
    });
    const signal = await Promise.race([interrupted.promise, ...(lost ? [lost] : [])]);
    report(`${signal}: stopping …`);
    return 0;
  } catch (error) {
    const wrong = error instanceof ConfigError || error instanceof UnreachableFolderError;
    const what = wrong ? 'configuration' : 'heddle up';
    report(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof EndedEarlyError && error.status === EXIT_CONFIG) return EXIT_CONFIG;
    return wrong ? EXIT_CONFIG : 1;
  } finally {
    // Nobody new comes in, then what was claimed is finished, then nothing is moved any more.
    for (const name of ['api', 'worker', 'dispatcher'] as const) await supervisor.current?.stop(name);
    await database?.stop();
    if (interrupted.signal.aborted) report('stopped');
  }
}

/** The first signal asks for an orderly stop, the second ends everything. */
function onInterrupt(kill: () => void): { promise: Promise<string>; signal: AbortSignal } {
  const controller = new AbortController();
  let firstAt = 0;
  const promise = new Promise<string>((resolve) => {
    const onSignal = (signal: NodeJS.Signals) => {
      if (controller.signal.aborted) {
        if (performance.now() - firstAt < SAME_SIGNAL_MS) return;
        kill();
        process.exit(130);
      }
      firstAt = performance.now();
      controller.abort();
      resolve(signal);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
  return { promise, signal: controller.signal };
}

/**
 * What the processes are given: the settings that were set, completed, where the drivers of GPUs are, and the machine's
 * access to a bucket where there is one; nothing else of this environment.
 */
function childEnvironment(
  values: Environment,
  folders: ReturnType<typeof foldersOf>,
  databaseUrl: string,
): NodeJS.ProcessEnv {
  // Without keys of Heddle's own the bucket is opened with those of the machine.
  const ofBucket = values.HEDDLE_ARTIFACTS ? /^(AWS_[A-Z0-9_]+|HOME)$/ : /^$/;
  const given = Object.entries(process.env).filter(([name]) => name in values || ofBucket.test(name));
  return {
    PATH: process.env.PATH,
    ...driverEnvironment(values.HEDDLE_PROVIDER, process.env),
    // Quiet unless asked: the address and the key must not scroll away.
    HEDDLE_LOG_LEVEL: 'warn',
    HEDDLE_PRETTY_LOGS: String(process.stderr.isTTY === true),
    ...Object.fromEntries(given),
    HEDDLE_DATA_DIR: folders.dataDir,
    HEDDLE_DATABASE_URL: databaseUrl,
  };
}
