import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers with a stream of events; with 204 where there is none left. */
export function sendStream(request: FastifyRequest, reply: FastifyReply, stream: Readable | null): void {
  if (!stream) {
    void reply.status(204).send();
    return;
  }
  void reply.headers({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  if (request.method !== 'HEAD') {
    void reply.send(stream);
    return;
  }
  stream.destroy();
  void reply.send();
}
