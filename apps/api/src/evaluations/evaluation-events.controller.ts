import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/auth.js';
import { eventQuery, requireEventStream } from '../http/event-query.js';
import { sendStream } from '../http/event-reply.js';
import { EventStreams } from '../http/event-streams.js';
import { type Query, readQuery } from '../http/query.js';
import { doneEvent, evaluationEvents } from './evaluation-events.js';
import { EvaluationsService } from './evaluations.service.js';
import { streamEvaluationEvents } from './operations.js';

type EventsRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

@Controller('v1/evaluations')
export class EvaluationEventsController {
  constructor(
    @Inject(EvaluationsService) private readonly evaluations: EvaluationsService,
    @Inject(EventStreams) private readonly streams: EventStreams,
  ) {}

  @Get(':id/events')
  @RouteConfig({ scopes: ['read'], operation: streamEvaluationEvents })
  async events(@Req() request: EventsRequest, @Res() reply: FastifyReply): Promise<void> {
    requireEventStream(request.headers.accept);
    const id = this.evaluations.uuidOf(request.params.id);
    const { tenantId } = callerOf(request);
    const { last_event_id: lastEventId } = await this.evaluations.afterFinding({ tenantId }, id, () =>
      readQuery(eventQuery, request.query, { anyText: true }),
    );
    const lastEventIds = [[request.headers['last-event-id']].flat()[0], lastEventId];
    const stream = await this.streams.stream(
      { tenantId, lastEventIds, response: reply.raw },
      {
        id,
        kind: 'evaluation-change',
        look: async () => evaluationEvents(await this.evaluations.find({ tenantId }, id)),
        endEvents: async () => [doneEvent(await this.evaluations.find({ tenantId }, id))],
      },
    );
    sendStream(request, reply, stream);
  }
}
