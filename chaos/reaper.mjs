/**
 * `node reaper.mjs FOLDER`: when its standard input ends, kills whoever was started for that folder, and removes it. A
 * process belongs to it when its command line or environment names it, or its parent does. Beside a campaign it waits for
 * the end of it, however that comes: a pipe is closed even by a kill -9 (Linux).
 */
import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What was killed may need so long to be gone. */
const GONE_MS = 30_000;
const POLL_MS = 20;

const [folder] = process.argv.slice(2);
for await (const _ of process.stdin);
await killUsers();
await unmountAll();
await rm(folder, { recursive: true, force: true });

async function killUsers() {
  const deadline = Date.now() + GONE_MS;
  for (let users = await findUsers(); users.length > 0; users = await findUsers()) {
    if (Date.now() > deadline) throw new Error(`processes that do not end: ${users}`);
    for (const pid of users) kill(pid);
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
  for (const { pid, texts } of processes)
    if (texts.includes(folder) && !texts.includes(process.argv[1])) take(pid);
  return [...users];
}

async function listProcesses() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return Promise.all(
    pids.map(async (pid) => {
      const [stat, command, environment] = await Promise.all(
        ['stat', 'cmdline', 'environ'].map((file) =>
          readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => ''),
        ),
      );
      // The name in parentheses may hold blanks and parentheses; state and parent follow the last one.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // A zombie waits for its parent, not for a signal.
      return { pid, parent: state === 'Z' ? null : Number(parent), texts: command + environment };
    }),
  );
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Disks of their own, which a fault mounted. */
async function unmountAll() {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const path of mounts) if (path.startsWith(`${folder}/`)) await run('umount', [path]);
}
