import { type DynamicModule, Module } from '@nestjs/common';
import { BatchesService } from './batches/batches.service.js';
import { CanariesService } from './canaries/canaries.service.js';
import { CollectionService } from './collection/collection.service.js';
import { DeliveriesService } from './deliveries/deliveries.service.js';
import { DispatchService } from './dispatch/dispatch.service.js';
import { EvaluationsService } from './evaluations/evaluations.service.js';
import { PresenceService } from './presence/presence.service.js';
import { ReconcileService } from './reconcile/reconcile.service.js';
import { RESOURCES, type Resources } from './resources.js';
import { RetentionService } from './retention/retention.service.js';
import { ScalingService } from './scaling/scaling.service.js';
import { ShadowsService } from './shadows/shadows.service.js';
import { StatsService } from './stats/stats.service.js';

@Module({})
export class DispatcherModule {
  static with(resources: Resources): DynamicModule {
    return {
      module: DispatcherModule,
      providers: [
        { provide: RESOURCES, useValue: resources },
        BatchesService,
        EvaluationsService,
        DispatchService,
        ReconcileService,
        PresenceService,
        RetentionService,
        CanariesService,
        CollectionService,
        ShadowsService,
        ScalingService,
        StatsService,
        DeliveriesService,
      ],
    };
  }
}
