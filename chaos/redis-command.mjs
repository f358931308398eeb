import { connect } from 'node:net';

/** Sends one command to a Redis on this machine and returns the first line of its reply; throws what Redis refuses. */
export function redisCommand(port, ...words) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('connect', () => socket.write(`${words.join(' ')}\r\n`));
    socket.once('data', (reply) => {
      socket.destroy();
      const [line] = reply.toString().split('\r\n');
      if (line.startsWith('-')) reject(new Error(`Redis refused ${words.join(' ')}: ${line}`));
      else resolve(line);
    });
  });
}
