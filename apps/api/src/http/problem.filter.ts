import { HeddleError } from '@heddle/contracts';
import type { Logger } from '@heddle/telemetry';
import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorAnswers } from './error-answers.js';
import { expectedError } from './problem.js';
import type { RouteTable } from './route-table.js';

/** Every error of every route, and of none, leaves as its path has it; one that is a bug is logged. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly routes: RouteTable,
    private readonly answers: ErrorAnswers,
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
    this.answers.send(
      reply,
      request,
      error ?? new HeddleError('internal', 'Something went wrong on our side.'),
    );
  }
}
