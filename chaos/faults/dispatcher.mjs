/** Faults of the dispatcher: it ends between filling the queue and the commit of its mark, and there may be two. */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@heddle/testing';
import { countKnown } from '../window.mjs';

const KILLS = 3;
/** Longer than it takes to look, to kill and to cut off. */
const HELD_S = 30;

export const DISPATCHER_FAULTS = [
  {
    id: 'F3',
    what: 'kill -9 of the dispatcher between adding to the queue and the commit of the mark',
    inject: async (system) => {
      const { heddle } = system;
      await heddle.database.query(
        `CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           PERFORM pg_sleep(${HELD_S}); RETURN NULL; END $$`,
      );
      const added = [];
      for (let kill = 0; kill < KILLS; kill++) {
        // Deferred: it holds at COMMIT, when the entries are in the queue.
        await heddle.database.query(
          `CREATE CONSTRAINT TRIGGER hold AFTER UPDATE ON jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
             WHEN (OLD.dispatched_at IS NULL AND NEW.dispatched_at IS NOT NULL) EXECUTE FUNCTION hold()`,
        );
        const held = await waitFor(() => heldDispatcher(heddle));
        const marked = await lockedJobs(heddle);
        added.push(await countKnown(system, marked));
        await heddle.kill('dispatcher');
        // The COMMIT has been sent, and Postgres would carry it out: it must not arrive either.
        await heddle.database.query(`SELECT pg_terminate_backend(${held}, 10000)`);
        await heddle.database.query('DROP TRIGGER hold ON jobs');
        const unmarked = await countUndispatched(heddle, marked);
        if (added.at(-1) === 0 || unmarked === 0) {
          throw new Error(`${added.at(-1)} entries were added, and ${unmarked} jobs are not marked`);
        }
        await heddle.start('dispatcher');
        await sleep(2_000);
      }
      return { kills: KILLS, added };
    },
  },
  {
    id: 'F35',
    what: 'two dispatchers, each dispatching and reconciling; one is killed and comes back',
    inject: async ({ heddle }) => {
      await heddle.start('dispatcher 2');
      await sleep(5_000);
      await heddle.kill('dispatcher');
      const [{ now }] = await heddle.database.query('SELECT now()::text');
      await sleep(2_000);
      const [{ dispatched }] = await heddle.database.query(
        `SELECT count(*)::int AS dispatched FROM jobs WHERE dispatched_at > '${now}'`,
      );
      if (dispatched === 0) throw new Error('the other dispatcher dispatched nothing');
      await heddle.start('dispatcher');
      await sleep(5_000);
      return { dispatched_by_other: dispatched };
    },
  },
];

/** The backend whose commit waits, if one does. */
async function heldDispatcher(heddle) {
  const [row] = await heddle.database.query(
    `SELECT pid FROM pg_stat_activity
      WHERE wait_event = 'PgSleep' AND datname = current_database() AND application_name LIKE '%dispatcher%'`,
  );
  return row?.pid;
}

/** Undispatched jobs, to all who look, that a transaction holds. */
async function lockedJobs(heddle) {
  return heddle.database.query(
    `WITH free AS (SELECT id FROM jobs WHERE state = 'queued' AND dispatched_at IS NULL FOR UPDATE SKIP LOCKED)
     SELECT id, epoch, version_id FROM jobs
      WHERE state = 'queued' AND dispatched_at IS NULL AND id NOT IN (SELECT id FROM free)`,
  );
}

async function countUndispatched(heddle, rows) {
  const [{ count }] = await heddle.database.query(
    `SELECT count(*)::int AS count FROM jobs
      WHERE dispatched_at IS NULL AND id = ANY ('{${rows.map(({ id }) => id)}}'::uuid[])`,
  );
  return count;
}
