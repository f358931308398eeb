import { type DynamicModule, Module } from '@nestjs/common';
import { AccountController } from './account/account.controller.js';
import { HealthController } from './health/health.controller.js';
import { Capacity } from './jobs/capacity.js';
import { JobsController } from './jobs/jobs.controller.js';
import { JobsService } from './jobs/jobs.service.js';
import { Waiters } from './jobs/waiters.js';
import { ModelsController } from './models/models.controller.js';
import { RESOURCES, type Resources } from './resources.js';

@Module({})
export class ApiModule {
  static with(resources: Resources): DynamicModule {
    return {
      module: ApiModule,
      controllers: [JobsController, ModelsController, AccountController, HealthController],
      providers: [{ provide: RESOURCES, useValue: resources }, Waiters, Capacity, JobsService],
    };
  }
}
