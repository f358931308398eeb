import type { HeddleError, Problem } from '@heddle/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorAnswer, type ErrorContext, type Mount, mountOf } from './mount.js';
import { toProblem } from './problem.js';

/** Seconds after which what is busy or away may be asked again, where the error says nothing better. */
const RETRY_AFTER_S = '1';
/** Statuses that always say when to come back. */
const BUSY = [429, 503];

/** Answers every error of every route, and of none: as a problem document, or as the mount of its path has it. */
export class ErrorAnswers {
  constructor(private readonly mounts: readonly Mount[]) {}

  send(reply: FastifyReply, request: FastifyRequest, error: HeddleError): void {
    const path = request.url.split('?', 1)[0]!;
    const envelope = mountOf(this.mounts, path)?.errors;
    const said = error.headers['Retry-After'] ?? (BUSY.includes(error.status) ? RETRY_AFTER_S : null);
    const context = { path, requestId: request.id, retryAfterS: said };
    const answer = envelope ? envelope(error, context) : asProblem(error, context);
    const { status, type = 'application/json; charset=utf-8', headers = {}, body } = answer;
    const isBusy = BUSY.includes(status);
    // Fastify would hang up on who is still sending, who then never sees why: Node reads the rest and drops it, for as
    // long as a request may take.
    if (error.code === 'payload-too-large') void reply.removeHeader('connection');
    void reply
      .status(status)
      .headers({ ...(isBusy ? { 'Retry-After': said ?? RETRY_AFTER_S } : {}), ...error.headers, ...headers })
      .header('content-type', type)
      .send(JSON.stringify(body));
  }
}

function asProblem(error: HeddleError, context: ErrorContext): ErrorAnswer & { body: Problem } {
  return { status: error.status, type: 'application/problem+json', body: toProblem(error, context) };
}
