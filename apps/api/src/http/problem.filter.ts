import { HeddleError } from '@heddle/contracts';
import type { Logger } from '@heddle/telemetry';
import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { expectedError, toProblem } from './problem.js';
import type { RouteTable } from './route-table.js';

/** Every error of every route, and of none, leaves as a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly routes: RouteTable,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error =
      exception instanceof NotFoundException ? this.routes.missing(request) : expectedError(exception);
    if (!error)
      this.logger.error(
        { error: exception, request_id: request.id, route: request.routeOptions.url },
        'request failed',
      );
    else if (error.status >= 500) this.logger.warn({ error, request_id: request.id }, 'request refused');
    sendProblem(reply, request, error ?? new HeddleError('internal', 'Something went wrong on our side.'));
  }
}

/** Seconds after which what is busy or away may be asked again, where the error says nothing better. */
const RETRY_AFTER_S = '1';
/** Statuses that always say when to come back. */
const BUSY = [429, 503];

export function sendProblem(reply: FastifyReply, request: FastifyRequest, error: HeddleError): void {
  const path = request.url.split('?', 1)[0]!;
  // Fastify would hang up on who is still sending, who then never sees why: Node reads the rest and drops it, for as
  // long as a request may take.
  if (error.code === 'payload-too-large') void reply.removeHeader('connection');
  void reply
    .status(error.status)
    .headers({ ...(BUSY.includes(error.status) ? { 'Retry-After': RETRY_AFTER_S } : {}), ...error.headers })
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(toProblem(error, { path, requestId: request.id })));
}
