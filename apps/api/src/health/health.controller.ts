import { ERRORS, type ErrorCode, HeddleError } from '@heddle/contracts';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { RESOURCES, type Resources } from '../resources.js';
import { VERSION } from '../version.js';
import { getHealth, getProblem, getReadiness } from './operations.js';
import { Readiness } from './readiness.js';

@Controller()
export class HealthController {
  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  /** The process lives; says nothing about what it needs. */
  @Get('healthz')
  @RouteConfig({ operation: getHealth })
  live(): { status: 'ok'; version: string; commit: string | null } {
    return { status: 'ok', version: VERSION, commit: this.resources.commit };
  }

  @Get('readyz')
  @RouteConfig({ operation: getReadiness })
  async ready(): Promise<{ status: 'ready' }> {
    await this.readiness.check();
    return { status: 'ready' };
  }

  /** What the `type` of a problem points to. */
  @Get('problems/:code')
  @RouteConfig({ operation: getProblem })
  problem(@Param('code') code: string): { code: string; title: string; status: number; retryable: boolean } {
    if (!Object.hasOwn(ERRORS, code)) throw new HeddleError('not-found', 'There is no such problem.');
    return { code, ...ERRORS[code as ErrorCode] };
  }
}
