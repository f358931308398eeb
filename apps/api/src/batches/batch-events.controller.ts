import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../http/auth.js';
import { eventQuery, requireEventStream } from '../http/event-query.js';
import { sendStream } from '../http/event-reply.js';
import { EventStreams } from '../http/event-streams.js';
import { type Query, readQuery } from '../http/query.js';
import { batchEvents, doneEvent } from './batch-events.js';
import { BatchesService } from './batches.service.js';
import { streamBatchEvents } from './operations.js';

type EventsRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

@Controller('v1/batches')
export class BatchEventsController {
  constructor(
    @Inject(BatchesService) private readonly batches: BatchesService,
    @Inject(EventStreams) private readonly streams: EventStreams,
  ) {}

  @Get(':id/events')
  @RouteConfig({ scopes: ['infer', 'read'], operation: streamBatchEvents })
  async events(@Req() request: EventsRequest, @Res() reply: FastifyReply): Promise<void> {
    requireEventStream(request.headers.accept);
    const id = this.batches.uuidOf(request.params.id);
    const { tenantId } = callerOf(request);
    const { last_event_id: lastEventId } = await this.batches.afterFinding({ tenantId }, id, () =>
      readQuery(eventQuery, request.query, { anyText: true }),
    );
    const lastEventIds = [[request.headers['last-event-id']].flat()[0], lastEventId];
    const stream = await this.streams.stream(
      { tenantId, lastEventIds, response: reply.raw },
      {
        id,
        kind: 'batch-change',
        look: async () => {
          const record = await this.batches.find({ tenantId }, id);
          const { events, done } = batchEvents(record);
          return { sequence: record.sequence, last: done ?? record.sequence, events, done };
        },
        endEvents: async () => [doneEvent(await this.batches.find({ tenantId }, id))],
      },
    );
    sendStream(request, reply, stream);
  }
}
