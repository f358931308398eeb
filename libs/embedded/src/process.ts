import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/**
 * A value that differs between two processes that had the same pid: boot and start tick on Linux, start
 * second elsewhere. Null when no such process runs.
 */
export async function processIdentity(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return ps(pid, 'lstart=');
  const stat = await readProc(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name in parentheses may hold spaces and parentheses; the fields counted by proc(5) follow the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTick] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X') return null;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  return `${boot.trim()}:${startTick}`;
}

/** Command line of a running process, arguments joined by spaces; null when no such process runs. */
export async function commandLine(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return ps(pid, 'command=');
  const raw = await readProc(`/proc/${pid}/cmdline`);
  // A zombie keeps its entry but has no command line.
  return raw ? raw.split('\0').join(' ').trim() : null;
}

async function readProc(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // ESRCH: the process ended between open and read.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ESRCH')) return null;
    throw error;
  }
}

async function ps(pid: number, format: string): Promise<string | null> {
  try {
    const { stdout } = await execFileAsync('ps', ['-o', format, '-p', String(pid)]);
    return stdout.trim() || null;
  } catch (error) {
    // ps exits with 1 when it selected no process.
    if (error instanceof Error && 'code' in error && error.code === 1) return null;
    throw error;
  }
}

/** Whether `error` is a system error with this code. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
