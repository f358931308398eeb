import type { JobInclude, JobRecord } from '@heddle/store';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerMemory } from '../http/answer-memory.js';
import { callerOf } from '../http/auth.js';
import { jobEventQuery, requireEventStream } from '../http/event-query.js';
import { sendStream } from '../http/event-reply.js';
import { EventStreams, type EventView } from '../http/event-streams.js';
import { type Query, readQuery } from '../http/query.js';
import { endEvents, jobEvents } from './job-events.js';
import { JobsService } from './jobs.service.js';
import { streamJobEvents } from './operations.js';

const NOTHING = { inputs: false, results: false };
const EVERYTHING = { inputs: true, results: true };
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
      readQuery(jobEventQuery, request.query, { anyText: true }),
    );
    const admit = this.memory.admission(reply, tenantId);
    const find = (include: JobInclude) => this.jobs.find({ tenantId }, jobId, include, admit);
    const lastEventIds = [[request.headers['last-event-id']].flat()[0], lastEventId];
    const stream = await this.streams.stream(
      { tenantId, lastEventIds, response: reply.raw },
      {
        id: jobId,
        kind: 'change',
        look: async () => viewOf(await find(NOTHING)),
        endEvents: async () => endEvents(await find(EVERYTHING), results === 'true'),
      },
    );
    sendStream(request, reply, stream);
  }
}

function viewOf(record: JobRecord): EventView {
  const { changes, last, end } = jobEvents(record);
  return { sequence: record.sequence, last, events: changes, done: end?.done ?? null };
}
