import { HeddleError, isTerminal, LIMITS } from '@heddle/contracts';
import { type Prediction, type PredictionBody, predictionBody, predictionEvents } from '@heddle/dialects';
import { jobView } from '@heddle/views';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerMemory } from '../../http/answer-memory.js';
import { callerOf, unauthorized } from '../../http/auth.js';
import { Cursors } from '../../http/cursor.js';
import { sendStream } from '../../http/event-reply.js';
import { EventStreams } from '../../http/event-streams.js';
import { idempotencyKeyOf, preferredWaitS, waitHeaders } from '../../http/headers.js';
import type { Query } from '../../http/query.js';
import { validateBody } from '../../http/validate.js';
import { RESOURCES, type Resources } from '../../resources.js';
import { baseUrlOf } from './base-url.js';
import { cancelAfterS } from './cancel-after.js';
import {
  cancelPrediction,
  createDeploymentPrediction,
  createModelPrediction,
  createPrediction,
  getPrediction,
  listPredictions,
  streamPrediction,
} from './operations.js';
import { type ReplicatePage, replicatePage } from './pages.js';
import { PredictionsService, STREAM_S, type Target } from './predictions.service.js';

/** Clients give up reading so long after the wait that they asked for: the answer is sent before, in seconds. */
const BEFORE_S = 0.25;
const NOTHING = { inputs: false, results: false };
const WHOLE = { inputs: true, results: true };

type PredictionRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;
type ModelRequest = FastifyRequest<{ Params: { owner: string; name: string } }>;

@Controller('replicate/v1')
export class PredictionsController {
  private readonly cursors: Cursors;

  constructor(
    @Inject(PredictionsService) private readonly predictions: PredictionsService,
    @Inject(EventStreams) private readonly streams: EventStreams,
    @Inject(AnswerMemory) private readonly memory: AnswerMemory,
    @Inject(RESOURCES) private readonly resources: Resources,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  @Post('predictions')
  @HttpCode(201)
  @RouteConfig({ scopes: ['infer'], operation: createPrediction })
  create(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Prediction> {
    return this.createFor(request, reply, null);
  }

  @Post('models/:owner/:name/predictions')
  @HttpCode(201)
  @RouteConfig({ scopes: ['infer'], operation: createModelPrediction })
  createForModel(
    @Req() request: ModelRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Prediction> {
    const { owner, name } = request.params;
    return this.createFor(request, reply, { reference: `${owner}/${name}` });
  }

  @Post('deployments/:owner/:name/predictions')
  @HttpCode(201)
  @RouteConfig({ scopes: ['infer'], operation: createDeploymentPrediction })
  createForDeployment(
    @Req() request: ModelRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Prediction> {
    const { owner, name } = request.params;
    const deployment = `${owner}/${name}`;
    return this.createFor(request, reply, { reference: deployment, deployment });
  }

  @Get('predictions')
  @RouteConfig({ scopes: ['infer', 'read'], operation: listPredictions })
  async list(
    @Req() request: PredictionRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReplicatePage<Prediction>> {
    const caller = callerOf(request);
    const { tenantId } = caller;
    const base = this.baseOf(request);
    const admit = this.memory.admission(reply, tenantId);
    const { jobs } = this.resources.store;
    return replicatePage(request, {
      name: `predictions ${tenantId}`,
      cursors: this.cursors,
      base,
      load: (range) =>
        jobs.list(
          tenantId,
          { source: 'replicate' },
          { ...range, maxBytes: LIMITS.maxPageBytes },
          WHOLE,
          admit,
        ),
      view: (record) => this.predictions.view(caller, record, base),
    });
  }

  @Get('predictions/:id')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getPrediction })
  get(
    @Req() request: PredictionRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Prediction> {
    const caller = callerOf(request);
    const admit = this.memory.admission(reply, caller.tenantId);
    const id = this.predictions.uuidOf(request.params.id);
    return this.predictions.show(caller, id, this.baseOf(request), admit);
  }

  @Post('predictions/:id/cancel')
  @HttpCode(200)
  @RouteConfig({ scopes: ['infer'], operation: cancelPrediction })
  cancel(
    @Req() request: PredictionRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Prediction> {
    const caller = callerOf(request);
    const admit = this.memory.admission(reply, caller.tenantId);
    const id = this.predictions.uuidOf(request.params.id);
    return this.predictions.cancel(caller, id, this.baseOf(request), admit);
  }

  @Get('predictions/:id/stream')
  @RouteConfig({ scopes: ['infer', 'read'], streamToken: true, operation: streamPrediction })
  async stream(@Req() request: PredictionRequest, @Res() reply: FastifyReply): Promise<void> {
    const id = this.predictions.uuidOf(request.params.id);
    const { tenantId } = callerOf(request);
    const admit = this.memory.admission(reply, tenantId);
    const look = async () => {
      const { sequence, state, items, usage, completedAt } = await this.predictions.find(
        { tenantId },
        id,
        admit,
        NOTHING,
      );
      // Its URL was made when nobody knew how long it would take.
      if (request.tokenKeyId && completedAt && Date.now() > completedAt.getTime() + STREAM_S * 1000)
        throw unauthorized(true);
      // As many as there are at the most: outputs, an error, the end.
      const done = isTerminal(state) ? sequence + (usage ? items : 0) + 2 : null;
      return { sequence, last: done ?? sequence, events: [], done };
    };
    const stream = await this.streams.stream(
      { tenantId, lastEventIds: [[request.headers['last-event-id']].flat()[0]], response: reply.raw },
      {
        id,
        kind: 'change',
        look,
        endEvents: async () => {
          const record = await this.predictions.find({ tenantId }, id, admit);
          const { done } = await look();
          const events = [...predictionEvents(jobView(record, WHOLE))];
          return events.map((event, i) => ({
            ...event,
            id: event.event === 'done' ? done! : record.sequence + i,
          }));
        },
      },
    );
    sendStream(request, reply, stream);
  }

  private async createFor(
    request: FastifyRequest,
    reply: FastifyReply,
    target: Target | null,
  ): Promise<Prediction> {
    const caller = callerOf(request);
    const preferredS = preferredWaitS(request.headers.prefer);
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const body = validateBody(predictionBody, request.body);
    const asked = target ?? { reference: versionOf(body) };
    const { prediction, created, waited } = await this.predictions.create(
      caller,
      {
        target: asked,
        request: request.body,
        body,
        deadlineS: cancelAfterS(request.headers['cancel-after']),
        waitS: Math.max(0, Math.min(preferredS, LIMITS.maxWaitS) - BEFORE_S),
        idempotencyKey: key && `${request.url.split('?')[0]} ${key}`,
        base: this.baseOf(request),
      },
      this.memory.admission(reply, caller.tenantId),
    );
    void reply.headers({ location: prediction.urls.get!, ...waitHeaders(waited ? preferredS : 0) });
    if (!created) void reply.header('idempotency-replayed', 'true');
    return prediction;
  }

  private baseOf(request: FastifyRequest): string {
    return baseUrlOf(this.resources.config.env, request);
  }
}

/** Where the path names no model the body does. */
function versionOf({ version }: PredictionBody): string {
  if (version !== undefined) return version;
  throw new HeddleError('validation', 'One field is wrong; see errors.', {
    errors: [{ pointer: '/version', code: 'required', message: 'is required' }],
  });
}
