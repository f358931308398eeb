import { describe, expect, it } from 'vitest';
import { parseSse, type SseEvent } from './sse.js';

async function parse(bytes: Uint8Array, size: number) {
  const chunks = (async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  })();
  const events: SseEvent[] = [];
  const retries: number[] = [];
  for await (const event of parseSse(chunks, (ms) => void retries.push(ms))) events.push(event);
  return { events, retries };
}

const STREAM = [
  '\ufeffretry: 2000\n\n',
  ': keep-alive\r\n\r\n',
  'id: 1\nevent: status\ndata: {"a":\ndata: "ü✓𝄞"}\n\n',
  'data:no blank\rid:2\r\r',
  'data\n\n',
  'retry: soon\nid: 3\nevent: nothing\n\n',
  'unknown: field\ndata:  two blanks\n\n',
  'data: never ended',
].join('');

describe('a stream of events', () => {
  const bytes = new TextEncoder().encode(STREAM);
  it.each([1, 2, 3, 7, 64, bytes.length])('is read in pieces of %i bytes', async (size) => {
    expect(await parse(bytes, size)).toEqual({
      events: [
        { id: '1', event: 'status', data: '{"a":\n"ü✓𝄞"}' },
        { id: '2', event: 'message', data: 'no blank' },
        { id: '2', event: 'message', data: '' },
        { id: '3', event: 'message', data: ' two blanks' },
      ],
      retries: [2000],
    });
  });
});
