import { once } from 'node:events';
import { createServer } from 'node:net';

/** A Heddle whose launcher was killed gives its port back within this time. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 100;

/** Throws a clear error when somebody else keeps listening there. Port 0 is always free. */
export async function waitForPort(host: string, port: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const code = await tryToListen(host, port);
    if (code === null) return;
    if (code !== 'EADDRINUSE')
      throw new Error(`Cannot listen on ${host}:${port} (${code}). Check HEDDLE_HOST and HEDDLE_PORT.`);
    if (performance.now() > deadline) {
      throw new Error(
        `Port ${port} on ${host} is in use. Stop what listens there, or choose another with HEDDLE_PORT.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Null when the port is free, else the code of the error. */
export async function tryToListen(host: string, port: number): Promise<string | null> {
  const server = createServer();
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  server.close();
  await once(server, 'close');
  return null;
}
