import { spawn } from 'node:child_process';

/** The operating-system account that runs the server when Heddle itself runs as root, which Postgres refuses. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

export interface RunOptions {
  account: Account | null;
  cwd: string;
}

/** Environment of every Postgres program: nothing of ours (PGPORT, PGDATA, LANG …) may change what it does. */
export const SERVER_ENV = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' };

/** Runs a program to its end; `output` is stdout and stderr. An exit code of null means killed or not started. */
export async function run(
  command: string,
  args: string[],
  { account, cwd }: RunOptions,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, {
    cwd,
    env: SERVER_ENV,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, output: `${output}${error.message}` }));
    child.once('close', (code) => resolve({ code, output }));
  });
}
