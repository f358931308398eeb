import { once } from 'node:events';
import { createServer } from 'node:net';

/** Throws a clear error when somebody else listens there already. Port 0 is always free. */
export async function assertPortFree(host: string, port: number): Promise<void> {
  const server = createServer();
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new Error(
        `Port ${port} on ${host} is in use. Stop what listens there, or choose another with HEDDLE_PORT.`,
      );
    }
    throw new Error(`Cannot listen on ${host}:${port} (${code}). Check HEDDLE_HOST and HEDDLE_PORT.`, {
      cause: error,
    });
  }
  server.close();
  await once(server, 'close');
}
