import { type DynamicModule, Module } from '@nestjs/common';
import { AccountController } from './account/account.controller.js';
import { AliasesController } from './aliases/aliases.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { BatchEventsController } from './batches/batch-events.controller.js';
import { BatchesController } from './batches/batches.controller.js';
import { BatchesService } from './batches/batches.service.js';
import { DeliveriesController } from './deliveries/deliveries.controller.js';
import { DIALECT_CONTROLLERS, DIALECT_PROVIDERS } from './dialects/index.js';
import { EvaluationEventsController } from './evaluations/evaluation-events.controller.js';
import { EvaluationsController } from './evaluations/evaluations.controller.js';
import { EvaluationsService } from './evaluations/evaluations.service.js';
import { FilesController } from './files/files.controller.js';
import { FilesService } from './files/files.service.js';
import { UploadsInFlight } from './files/uploads-in-flight.js';
import { HealthController } from './health/health.controller.js';
import { Readiness } from './health/readiness.js';
import { AnswerMemory } from './http/answer-memory.js';
import { EventStreams } from './http/event-streams.js';
import { RouteTable } from './http/route-table.js';
import { Waiters } from './http/waiters.js';
import { Capacity } from './jobs/capacity.js';
import { JobEventsController } from './jobs/job-events.controller.js';
import { JobsController } from './jobs/jobs.controller.js';
import { JobsService } from './jobs/jobs.service.js';
import { KeysController } from './keys/keys.controller.js';
import { KeysService } from './keys/keys.service.js';
import { metricsController } from './metrics/metrics.controller.js';
import { ModelsController } from './models/models.controller.js';
import { DocsController } from './openapi/docs.controller.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { QueueBoardController } from './queue-board/queue-board.controller.js';
import { QueuesController } from './queues/queues.controller.js';
import { RESOURCES, type Resources } from './resources.js';
import { SessionController } from './session/session.controller.js';
import { StatsController } from './stats/stats.controller.js';
import { TenantsController } from './tenants/tenants.controller.js';
import { TenantsService } from './tenants/tenants.service.js';
import { TokenizeController } from './tokenize/tokenize.controller.js';
import { TokenizerThread } from './tokenize/tokenizer-thread.js';
import { VersionsController } from './versions/versions.controller.js';
import { VersionsService } from './versions/versions.service.js';
import { WebhooksController } from './webhooks/webhooks.controller.js';
import { WebhooksService } from './webhooks/webhooks.service.js';
import { WorkersController } from './workers/workers.controller.js';

@Module({})
export class ApiModule {
  static with(resources: Resources, routes: RouteTable): DynamicModule {
    const access = resources.config.env.HEDDLE_METRICS;
    return {
      module: ApiModule,
      controllers: [
        JobsController,
        JobEventsController,
        BatchesController,
        BatchEventsController,
        EvaluationsController,
        EvaluationEventsController,
        ModelsController,
        VersionsController,
        AliasesController,
        FilesController,
        WebhooksController,
        DeliveriesController,
        KeysController,
        TenantsController,
        AuditController,
        WorkersController,
        QueuesController,
        QueueBoardController,
        StatsController,
        TokenizeController,
        AccountController,
        SessionController,
        HealthController,
        ...(access === 'off' ? [] : [metricsController(access)]),
        ...DIALECT_CONTROLLERS,
        OpenApiController,
        DocsController,
      ],
      providers: [
        { provide: RESOURCES, useValue: resources },
        { provide: RouteTable, useValue: routes },
        Waiters,
        AnswerMemory,
        Capacity,
        JobsService,
        EventStreams,
        BatchesService,
        EvaluationsService,
        VersionsService,
        UploadsInFlight,
        FilesService,
        WebhooksService,
        KeysService,
        TenantsService,
        Readiness,
        TokenizerThread,
        ...DIALECT_PROVIDERS,
      ],
    };
  }
}
