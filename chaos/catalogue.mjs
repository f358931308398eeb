/** Every fault that can be injected, in the order of their numbers. */
import { API_FAULTS } from './faults/api.mjs';
import { DISPATCHER_FAULTS } from './faults/dispatcher.mjs';
import { MIXED_FAULTS } from './faults/mixed.mjs';
import { MODEL_FAULTS } from './faults/models.mjs';
import { POSTGRES_FAULTS } from './faults/postgres.mjs';
import { REDIS_FAULTS } from './faults/redis.mjs';
import { TENANT_FAULTS } from './faults/tenants.mjs';
import { WEBHOOK_FAULTS } from './faults/webhooks.mjs';
import { WORKER_FAULTS } from './faults/worker.mjs';

export const BACKENDS = ['redis', 'postgres'];

/**
 * { id, what, inject } each. `inject(system)` injects the fault, checks what only it asks for, and returns figures to show.
 * Optional: `backends` that it applies to (both), `load: false` for no clients meanwhile, `env` of all processes, `redis`
 * settings, `volumeMib` of a disk of its own for Postgres, `chars` of each text at least, `priorities` of jobs.
 */
export const FAULTS = [
  ...API_FAULTS,
  ...DISPATCHER_FAULTS,
  ...REDIS_FAULTS,
  ...WORKER_FAULTS,
  ...MODEL_FAULTS,
  ...POSTGRES_FAULTS,
  ...TENANT_FAULTS,
  ...MIXED_FAULTS,
  ...WEBHOOK_FAULTS,
].sort((a, b) => numberOf(a) - numberOf(b));

export function appliesTo({ backends = BACKENDS }, backend) {
  return backends.includes(backend);
}

function numberOf({ id }) {
  return Number(id.slice(1)) || Number.POSITIVE_INFINITY;
}
