import { type DynamicModule, Module } from '@nestjs/common';
import { Heartbeat } from './heartbeat/heartbeat.js';
import { Imports } from './imports/imports.js';
import { Consumers } from './processor/consumers.js';
import { Engine } from './processor/engine.js';
import { HeldJobs } from './processor/held-jobs.js';
import { Processor } from './processor/processor.js';
import { RESOURCES, type Resources } from './resources.js';
import { Tuner } from './tuning/tuner.js';

@Module({})
export class WorkerModule {
  static with(resources: Resources): DynamicModule {
    return {
      module: WorkerModule,
      providers: [
        { provide: RESOURCES, useValue: resources },
        HeldJobs,
        Engine,
        Processor,
        Consumers,
        Heartbeat,
        Imports,
        Tuner,
      ],
    };
  }
}
