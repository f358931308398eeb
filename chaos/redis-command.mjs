import { connect } from 'node:net';

/** Sends one command to a Redis on this machine and returns its reply, a line or a text; throws what Redis refuses. */
export function redisCommand(port, ...words) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.once('error', reject);
    socket.once('connect', () => socket.write(`${words.join(' ')}\r\n`));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const reply = readReply(received);
      if (reply === null) return;
      socket.destroy();
      if (reply.startsWith('-')) reject(new Error(`Redis refused ${words.join(' ')}: ${reply}`));
      else resolve(reply);
    });
    socket.once('close', () => reject(new Error(`Redis did not answer ${words.join(' ')}`)));
  });
}

/** How often Redis has answered with an error of this kind (`OOM`, `READONLY`) since it was started. */
export async function countErrors(port, kind) {
  const text = await redisCommand(port, 'INFO errorstats');
  return Number(new RegExp(`^errorstat_${kind}:count=(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

/** The first line; of a bulk string (`$` and its length) the text after it. Null while something is missing. */
function readReply(received) {
  const end = received.indexOf('\r\n');
  if (end < 0) return null;
  const line = received.slice(0, end);
  if (!line.startsWith('$')) return line;
  const text = received.slice(end + 2);
  const length = Number(line.slice(1));
  return text.length < length ? null : text.slice(0, length);
}
