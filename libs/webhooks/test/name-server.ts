import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import ipaddr from 'ipaddr.js';

export interface Question {
  name: string;
  /** How often this name and type was asked for, this time included. */
  nth: number;
  type: 'A' | 'AAAA';
}

/** Addresses; none = the name has none of that type; null = no such name; 'silence' = no answer at all. */
export type Answer = string[] | null | 'silence';

export interface NameServer {
  /** `127.0.0.1:port`. */
  address: string;
  questions: Question[];
  close(): void;
}

/** A name server on loopback over UDP that answers what `answer` says, with a time to live of 0. */
export async function startNameServer(answer: (question: Question) => Answer): Promise<NameServer> {
  const socket = createSocket('udp4');
  const questions: Question[] = [];
  socket.on('message', (message, peer) => {
    const { name, type, end } = readQuestion(message);
    if (type !== 'A' && type !== 'AAAA') return;
    const nth = 1 + questions.filter((each) => each.name === name && each.type === type).length;
    const question: Question = { name, type, nth };
    questions.push(question);
    const addresses = answer(question);
    if (addresses !== 'silence')
      socket.send(reply(message.subarray(0, end), addresses), peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, questions, close: () => socket.close() };
}

const HEADER_BYTES = 12;
const TYPES: Record<number, 'A' | 'AAAA'> = { 1: 'A', 28: 'AAAA' };
const NO_SUCH_NAME = 3;

function readQuestion(message: Buffer): { name: string; type: 'A' | 'AAAA' | undefined; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at]!; length > 0; length = message[at]!) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  // A zero label, two bytes of type, two of class.
  return { name: labels.join('.').toLowerCase(), type: TYPES[message.readUInt16BE(at + 1)], end: at + 5 };
}

function reply(question: Buffer, addresses: string[] | null): Buffer {
  const header = Buffer.from(question);
  header.writeUInt16BE(0x8180 | (addresses === null ? NO_SUCH_NAME : 0), 2);
  header.writeUInt16BE(addresses?.length ?? 0, 6);
  header.writeUInt16BE(0, 8);
  header.writeUInt16BE(0, 10);
  return Buffer.concat([header, ...(addresses ?? []).map(record)]);
}

function record(address: string): Buffer {
  const bytes = ipaddr.parse(address).toByteArray();
  const type = bytes.length === 4 ? 1 : 28;
  // Name = pointer to the question's, class IN, time to live 0.
  return Buffer.from([0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length, ...bytes]);
}
