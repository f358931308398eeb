/**
 * `node reaper.mjs FOLDER`: when its standard input ends, kills whoever was started for that folder, and removes it. A
 * process belongs to it when its command line, environment or working folder names it (Redis writes over the first two), or
 * its parent does. Beside a campaign it waits for
 * the end of it, however that comes: a pipe is closed even by a kill -9 (Linux).
 */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What was killed may need so long to be gone. */
const GONE_MS = 30_000;
/** A Postgres that is told to end at once kills those of its processes that do not, after 5 s. */
const QUIT_MS = 8_000;
const POLL_MS = 20;

const [folder] = process.argv.slice(2);
for await (const _ of process.stdin);
await quitPostgres();
await killUsers();
await unmountAll();
await rm(folder, { recursive: true, force: true });

/** By a SIGKILL its shared memory would be left behind. */
async function quitPostgres() {
  const deadline = Date.now() + QUIT_MS;
  const find = async () => (await listProcesses()).filter((one) => one.name === 'postgres' && isNamed(one));
  for (let servers = await find(); servers.length > 0 && Date.now() < deadline; servers = await find()) {
    // One that stands still hears of nothing.
    for (const { pid } of servers) for (const signal of ['SIGQUIT', 'SIGCONT']) send(pid, signal);
    await sleep(POLL_MS);
  }
}

async function killUsers() {
  const deadline = Date.now() + GONE_MS;
  for (let users = await findUsers(); users.length > 0; users = await findUsers()) {
    if (Date.now() > deadline) throw new Error(`processes that do not end: ${users}`);
    for (const pid of users) send(pid, 'SIGKILL');
    await sleep(POLL_MS);
  }
}

/** Process ids, children included; not those of this program. */
async function findUsers() {
  const processes = await listProcesses();
  const users = new Set();
  const take = (pid) => {
    if (pid === process.pid || users.has(pid)) return;
    users.add(pid);
    for (const child of processes) if (child.parent === pid) take(child.pid);
  };
  for (const one of processes) if (isNamed(one)) take(one.pid);
  return [...users];
}

function isNamed({ texts }) {
  return texts.includes(folder) && !texts.includes(process.argv[1]);
}

async function listProcesses() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return Promise.all(
    pids.map(async (pid) => {
      const [stat, command, environment, cwd] = await Promise.all([
        ...['stat', 'cmdline', 'environ'].map((file) =>
          readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => ''),
        ),
        readlink(`/proc/${pid}/cwd`).catch(() => ''),
      ]);
      // The name in parentheses may hold blanks and parentheses; state and parent follow the last one.
      const nameEnd = stat.lastIndexOf(')');
      const name = stat.slice(stat.indexOf('(') + 1, nameEnd);
      const [state, parent] = stat.slice(nameEnd + 2).split(' ');
      // A zombie waits for its parent, not for a signal.
      return {
        pid,
        name,
        parent: state === 'Z' ? null : Number(parent),
        texts: `${command}${environment}${cwd}`,
      };
    }),
  );
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Disks of their own, which a fault mounted. */
async function unmountAll() {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const path of mounts) if (path.startsWith(`${folder}/`)) await run('umount', [path]);
}
