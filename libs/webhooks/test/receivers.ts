import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { Certificate } from './certificate.js';

export interface Receiver {
  port: number;
  server: Server;
  /** Connections so far, also those that sent nothing. */
  connections: number;
  close(): Promise<void>;
}

/** An HTTP receiver on a free port of loopback; with a certificate, an HTTPS one. */
export function startReceiver(
  listener: RequestListener,
  { host = '127.0.0.1', tls }: { host?: string; tls?: Certificate } = {},
): Promise<Receiver> {
  return listen(tls ? createTlsServer(tls, listener) : createServer(listener), host);
}

/** A receiver that does what no HTTP server does. */
export function startRawReceiver(onConnection: (socket: Socket) => void): Promise<Receiver> {
  return listen(
    createTcpServer((socket) => {
      socket.on('error', () => {});
      onConnection(socket);
    }),
    '127.0.0.1',
  );
}

async function listen(server: Server, host: string): Promise<Receiver> {
  const sockets = new Set<Socket>();
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const receiver: Receiver = {
    port: address.port,
    server,
    connections: 0,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('connection', (socket: Socket) => {
    receiver.connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return receiver;
}
