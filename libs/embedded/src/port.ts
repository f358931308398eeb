import { chown, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { type DataFolder, HOST } from './cluster.js';
import { isErrno } from './process.js';
import type { Account } from './run.js';

/** The port of the last run when it is free, so that tools keep their settings; otherwise any free one. */
export async function choosePort(folder: DataFolder): Promise<number> {
  const last = await readPort(folder.port);
  return (last && (await tryPort(last))) || (await anyPort());
}

export async function rememberPort(folder: DataFolder, account: Account | null, port: number): Promise<void> {
  await writeFile(folder.port, String(port));
  if (account) await chown(folder.port, account.uid, account.gid);
}

async function readPort(portFile: string): Promise<number | null> {
  try {
    const port = Number(await readFile(portFile, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65536 ? port : null;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

async function anyPort(): Promise<number> {
  const port = await tryPort(0);
  if (port === null) throw new Error(`No free TCP port on ${HOST}`);
  return port;
}

/** The port if it can be bound, null when it is taken. */
function tryPort(port: number): Promise<number | null> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error) => (isErrno(error, 'EADDRINUSE') ? resolve(null) : reject(error)));
    server.listen(port, HOST, () => {
      const bound = (server.address() as AddressInfo).port;
      server.close(() => resolve(bound));
    });
  });
}
