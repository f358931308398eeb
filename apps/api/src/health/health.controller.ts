import { ERRORS, type ErrorCode, HeddleError } from '@heddle/contracts';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { RESOURCES, type Resources } from '../resources.js';
import { VERSION } from '../version.js';
import { getHealth, getProblem, getReadiness } from './operations.js';

/** Readiness is worthless when it comes too late. */
const READY_TIMEOUT_MS = 2_500;

@Controller()
export class HealthController {
  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  /** The process lives; says nothing about what it needs. */
  @Get('healthz')
  @RouteConfig({ operation: getHealth })
  live(): { status: 'ok'; version: string; commit: string | null } {
    return { status: 'ok', version: VERSION, commit: this.resources.commit };
  }

  /** Postgres answers, a worker was heard of lately, and so was a dispatcher that the queue answers. */
  @Get('readyz')
  @RouteConfig({ operation: getReadiness })
  async ready(): Promise<{ status: 'ready' }> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unready('The database does not answer in time.')), READY_TIMEOUT_MS);
    });
    try {
      const { workers, dispatchers } = this.resources.store;
      const counts = Promise.all([workers.countFresh(), dispatchers.countFresh()]);
      const [working, dispatching] = await Promise.race([counts, late]);
      if (working === 0) throw unready('No worker is running.');
      if (dispatching === 0) throw unready('No dispatcher is running, or the queue does not answer it.');
      return { status: 'ready' };
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the `type` of a problem points to. */
  @Get('problems/:code')
  @RouteConfig({ operation: getProblem })
  problem(@Param('code') code: string): { code: string; title: string; status: number; retryable: boolean } {
    if (!Object.hasOwn(ERRORS, code)) throw new HeddleError('not-found', 'There is no such problem.');
    return { code, ...ERRORS[code as ErrorCode] };
  }
}

function unready(detail: string): HeddleError {
  return new HeddleError('overloaded', detail, { headers: { 'Retry-After': '2' } });
}
