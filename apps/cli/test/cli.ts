import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What the launcher runs. */
export const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export interface CliResult {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `heddle` as a process of its own, to its end. */
export async function heddle(
  args: string[],
  options: { env?: Record<string, string>; stdin?: string | Buffer } = {},
): Promise<CliResult> {
  const child = startCli(args, options.env ?? {});
  child.process.stdin!.end(options.stdin ?? '');
  const [status] = (await once(child.process, 'close')) as [number | null];
  return { status, stdout: child.stdout(), stderr: child.stderr() };
}

export function startCli(
  args: string[],
  env: Record<string, string>,
): { process: ChildProcess; stdout: () => string; stderr: () => string } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    // The profiles of whoever runs the specs are none of theirs.
    env: { PATH: process.env.PATH ?? '', XDG_CONFIG_HOME: '/nowhere', ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return { process: child, stdout: () => stdout, stderr: () => stderr };
}
