import { HeddleError } from '@heddle/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** Readiness is worthless when it comes too late. */
const READY_TIMEOUT_MS = 2_500;

@Injectable()
export class Readiness {
  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  /**
   * Postgres answers, a worker was heard of lately, and so was a dispatcher that the queue answers. Throws `overloaded`
   * where one of them does not.
   */
  async check(): Promise<void> {
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
    } finally {
      clearTimeout(timer);
    }
  }
}

function unready(detail: string): HeddleError {
  return new HeddleError('overloaded', detail, { headers: { 'Retry-After': '2' } });
}
