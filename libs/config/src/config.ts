import { availableParallelism } from 'node:os';
import { HeddleError, type ScalingPolicy } from '@heddle/contracts';
import { artifactsOf, assertArtifacts } from './artifacts.js';
import { ConfigError } from './config-error.js';
import { foldersOf } from './data-folders.js';
import { type Environment, SETTINGS } from './settings.js';

/** Exit status of a wrong configuration: EX_CONFIG of sysexits.h. */
export const EXIT_CONFIG = 78;

/** The environment, checked. Throws ConfigError naming every wrong variable; empty counts as unset. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { schema, fallback }] of Object.entries(SETTINGS)) {
    const parsed = schema.safeParse(env[name] || fallback);
    if (parsed.success) values[name] = parsed.data;
    else if (SERVICE_ADDRESS.test(env[name] ?? '')) problems.push(`${name}: ${SERVICE_LINK_HELP}`);
    else problems.push(`${name}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`);
  }
  for (const [name, value = ''] of Object.entries(env)) {
    const ours = name.startsWith('HEDDLE_') && !CLIENT_VARIABLES.has(name) && !isServiceLink(name, value);
    if (ours && !Object.hasOwn(SETTINGS, name)) problems.push(`${name}: no such setting`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const complete = values as Environment;
  if (complete.HEDDLE_INFERENCE_TIMEOUT_MS >= complete.HEDDLE_LEASE_MS) {
    throw new ConfigError(['HEDDLE_INFERENCE_TIMEOUT_MS: must be below HEDDLE_LEASE_MS']);
  }
  if (complete.HEDDLE_SCALE_MIN_WORKERS > complete.HEDDLE_SCALE_MAX_WORKERS) {
    throw new ConfigError(['HEDDLE_SCALE_MIN_WORKERS: must not be above HEDDLE_SCALE_MAX_WORKERS']);
  }
  if (!NUMBERED_DEVICES.has(complete.HEDDLE_PROVIDER) && String(complete.HEDDLE_DEVICES) !== '0') {
    const provider = complete.HEDDLE_PROVIDER;
    throw new ConfigError([`HEDDLE_DEVICES: is for HEDDLE_PROVIDER=cuda and tensorrt, not ${provider}`]);
  }
  assertArtifacts(complete);
  return complete;
}

/** Providers that a GPU can be chosen for; webgpu takes the one its driver offers first. */
const NUMBERED_DEVICES: ReadonlySet<Environment['HEDDLE_PROVIDER']> = new Set(['cuda', 'tensorrt']);

/**
 * Kubernetes tells every container of a namespace about its services this way: a service named heddle-api gives
 * HEDDLE_API_SERVICE_HOST, HEDDLE_API_PORT, HEDDLE_API_PORT_8080_TCP_ADDR and more.
 */
function isServiceLink(name: string, value: string): boolean {
  return SERVICE_LINK.test(name) || (name.endsWith('_PORT') && SERVICE_ADDRESS.test(value));
}
const SERVICE_LINK = /_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
/** A service named heddle takes the name of a setting. */
const SERVICE_LINK_HELP =
  'is the address of a Kubernetes service; set enableServiceLinks: false in the pod, or name the port here';
const SERVICE_ADDRESS = /^(tcp|udp|sctp):\/\//;

/** Read by the command line client, not by servers. */
const CLIENT_VARIABLES = new Set(['HEDDLE_URL', 'HEDDLE_API_KEY', 'HEDDLE_WEBHOOK_SECRET']);

/** What the processes use: the environment with derived folders and a required database. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const values = readEnvironment(env);
  if (!values.HEDDLE_DATABASE_URL) {
    throw new ConfigError([
      'HEDDLE_DATABASE_URL: required by this process (only `npx heddle up` brings its own Postgres)',
    ]);
  }
  return {
    ...foldersOf(values),
    artifacts: artifactsOf(values),
    databaseUrl: values.HEDDLE_DATABASE_URL,
    inferenceChildren: inferenceChildren(values),
    inferenceThreads: values.HEDDLE_INFERENCE_THREADS ?? 1,
    layoutIsSet: layoutIsSet(values),
    scaling: scalingPolicy(values),
    env: values,
  };
}
export type Config = ReturnType<typeof loadConfig>;

/**
 * As set, else by what they run on: a GPU each, for a second process on the same GPU takes its memory again; or a core
 * each, but a core is left to the rest of the machine from four cores on.
 */
export function inferenceChildren(values: Environment): number {
  if (values.HEDDLE_INFERENCE_CHILDREN) return values.HEDDLE_INFERENCE_CHILDREN;
  if (values.HEDDLE_PROVIDER !== 'cpu') return values.HEDDLE_DEVICES.length;
  const cores = availableParallelism();
  return Math.max(1, cores - (cores >= 4 ? 1 : 0));
}

function scalingPolicy(values: Environment): ScalingPolicy {
  return {
    targetWaitS: values.HEDDLE_SCALE_TARGET_WAIT_S,
    utilization: values.HEDDLE_SCALE_UTILIZATION,
    holdS: values.HEDDLE_SCALE_HOLD_S,
    idleS: values.HEDDLE_SCALE_IDLE_S,
    minWorkers: values.HEDDLE_SCALE_MIN_WORKERS,
    maxWorkers: values.HEDDLE_SCALE_MAX_WORKERS,
  };
}

/** Whether the settings say how many inference processes and threads there are, so that no plan does. */
export function layoutIsSet(values: Environment): boolean {
  return (
    values.HEDDLE_INFERENCE_CHILDREN !== undefined ||
    values.HEDDLE_INFERENCE_THREADS !== undefined ||
    values.HEDDLE_PROVIDER !== 'cpu'
  );
}

/**
 * For `main.ts`: what `open` resolves with, or an exit that says in one line why the process cannot start: with status
 * 78 when the database is not one of this Heddle, Redis may drop what it holds, the bucket refuses this process, or the provider cannot be had here, else 1.
 * Bugs pass through.
 */
export async function openOrExit<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    const cause = error.cause instanceof Error && error.cause.message ? ` (${error.cause.message})` : '';
    process.stderr.write(`${error.code}: ${error.message}${cause}\n`);
    process.exit(CODES_OF_CONFIGURATION.has(error.code) ? EXIT_CONFIG : 1);
  }
}

/** Errors that a new start does not mend, only an operator. */
const CODES_OF_CONFIGURATION: ReadonlySet<string> = new Set([
  'wrong-schema',
  'redis-evicts-keys',
  'artifacts-unavailable',
  'provider-unavailable',
]);

/** For `main.ts`: the result of `load`, or an exit with status 78 that names what is wrong. */
export function orExit<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) process.stderr.write(`configuration: ${problem}\n`);
    process.exit(EXIT_CONFIG);
  }
}
