import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerMemory } from '../http/answer-memory.js';
import { callerOf } from '../http/auth.js';
import { type Query, readQuery } from '../http/query.js';
import { eventQuery, requireEventStream } from './event-query.js';
import { EventStreams } from './event-streams.js';
import { JobsService } from './jobs.service.js';
import { streamJobEvents } from './operations.js';

type EventsRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

@Controller('v1/jobs')
export class JobEventsController {
  constructor(
    @Inject(JobsService) private readonly jobs: JobsService,
    @Inject(EventStreams) private readonly streams: EventStreams,
    @Inject(AnswerMemory) private readonly memory: AnswerMemory,
  ) {}

  @Get(':id/events')
  @RouteConfig({ scopes: ['infer', 'read'], streamToken: true, operation: streamJobEvents })
  async events(@Req() request: EventsRequest, @Res() reply: FastifyReply): Promise<void> {
    requireEventStream(request.headers.accept);
    const jobId = this.jobs.uuidOf(request.params.id);
    const { tenantId } = callerOf(request);
    const { results, last_event_id: lastEventId } = await this.jobs.afterFinding({ tenantId }, jobId, () =>
      readQuery(eventQuery, request.query, { anyText: true }),
    );
    const stream = await this.streams.stream({
      tenantId,
      jobId,
      lastEventIds: [[request.headers['last-event-id']].flat()[0], lastEventId],
      withResults: results === 'true',
      response: reply.raw,
      admit: this.memory.admission(reply, tenantId),
    });
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
}
