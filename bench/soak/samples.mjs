/** What a running Heddle takes: memory of its processes, Redis's keys and memory, connections to Postgres. */
import { readFile } from 'node:fs/promises';
import { childrenOf } from '@heddle/testing';
import { redisCommand } from '../../chaos/redis-command.mjs';

const PROCESSES = ['api', 'dispatcher', 'worker'];
const MIB = 2 ** 20;

/**
 * Looks once. `series` has numbers by name; memory in MiB: `resident` and `anonymous` as the kernel counts them (of a
 * process's children together), `heap used` and `external` as JavaScript does. `pids` are those of all processes.
 * `metricsUrls` are by process.
 */
export async function look(heddle, { redisPort, metricsUrls }) {
  const series = {};
  const pids = [];
  for (const name of PROCESSES) {
    const { pid, exitCode, signalCode } = heddle.process(name);
    if (exitCode !== null || signalCode !== null)
      throw new Error(`the ${name} has ended with ${signalCode ?? exitCode}\n${heddle.logs()}`);
    const children = await childrenOf(pid);
    pids.push(pid, ...children);
    Object.assign(series, named(name, await memoryOf([pid])));
    if (children.length > 0) Object.assign(series, named(`${name}'s children`, await memoryOf(children)));
    Object.assign(series, named(name, await heapOf(metricsUrls[name], heddle.key)));
  }
  const [{ connections }] = await heddle.database.query(
    `SELECT count(*)::int AS connections FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  series['postgres connections'] = connections;
  if (redisPort) {
    series['redis keys'] = await redisKeys(redisPort);
    const info = await redisCommand(redisPort, 'INFO memory');
    series['redis memory'] = Number(/^used_memory:(\d+)/m.exec(info)[1]) / MIB;
  }
  return { series, pids };
}

export async function redisKeys(port) {
  return Number((await redisCommand(port, 'DBSIZE')).slice(1));
}

function named(name, values) {
  return Object.fromEntries(Object.entries(values).map(([kind, value]) => [`${name}, ${kind}`, value]));
}

async function memoryOf(pids) {
  const statuses = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, 'utf8')));
  const sum = (field) =>
    statuses.reduce(
      (all, text) => all + Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)[1]),
      0,
    );
  return { resident: sum('VmRSS') / 1024, anonymous: sum('RssAnon') / 1024 };
}

async function heapOf(url, key) {
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}: ${text}`);
  const bytes = (kind) =>
    Number(new RegExp(`^heddle_process_memory_bytes{kind="${kind}"} (\\S+)$`, 'm').exec(text)[1]);
  return { 'heap used': bytes('heap_used') / MIB, external: bytes('external') / MIB };
}
