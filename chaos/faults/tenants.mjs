/** Faults of neighbours: one tenant floods. */
import { TestClient } from '@heddle/testing';
import { addTenant } from '../system.mjs';

const FLOOD = 50_000;
const CLIENTS = 32;
/** Waited jobs of the other tenant, before and during the flood. */
const WAITED = 200;

export const TENANT_FAULTS = [
  {
    id: 'F36',
    what: 'a tenant floods 50,000 jobs; another waits for its own',
    load: false,
    inject: async ({ heddle, load, brief }) => {
      const other = new TestClient(heddle.url, await addTenant(heddle.database.url, 'other'));
      const idle = await p95OfWaits(other);
      const flooding = load.submitMany(brief ? FLOOD / 10 : FLOOD, CLIENTS);
      // Its error is heard below, unless a wait fails before.
      flooding.catch(() => undefined);
      const flooded = await p95OfWaits(other);
      await flooding;
      const backlog = await p95OfWaits(other);
      const [{ queued }] = await heddle.database.query(
        "SELECT count(*)::int AS queued FROM jobs WHERE state = 'queued'",
      );
      if (queued === 0) throw new Error('the flood was over before the last wait');
      if (Math.max(flooded, backlog) > 2 * idle) {
        throw new Error(
          `p95 of waits: ${idle} ms idle, ${flooded} ms in the flood, ${backlog} ms beside its backlog`,
        );
      }
      return { idle_ms: idle, flood_ms: flooded, backlog_ms: backlog, still_queued: queued };
    },
  },
];

async function p95OfWaits(client) {
  const waits = [];
  for (let i = 0; i < WAITED; i++) {
    const started = performance.now();
    await client.run({ model: 'sentiment', inputs: [`film ${i} was good`] });
    waits.push(performance.now() - started);
  }
  return Math.round(waits.sort((a, b) => a - b)[Math.floor(WAITED * 0.95)]);
}
