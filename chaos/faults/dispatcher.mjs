/** Faults of the dispatcher: it ends between filling the queue and marking what it dispatched, and there may be two. */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@heddle/testing';

const KILLS = 3;

export const DISPATCHER_FAULTS = [
  {
    id: 'F3',
    what: 'kill -9 of the dispatcher between adding to the queue and the mark',
    inject: async ({ heddle }) => {
      await heddle.database.query(
        'CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$',
      );
      for (let kill = 0; kill < KILLS; kill++) {
        await heddle.database.query(
          'CREATE TRIGGER hold BEFORE UPDATE OF dispatched_at ON jobs FOR EACH STATEMENT EXECUTE FUNCTION hold()',
        );
        await waitFor(async () => {
          const [{ held }] = await heddle.database.query(
            `SELECT count(*)::int AS held FROM pg_stat_activity
              WHERE wait_event = 'PgSleep' AND datname = current_database() AND application_name LIKE '%dispatcher%'`,
          );
          return held > 0;
        });
        await heddle.kill('dispatcher');
        await heddle.database.query('DROP TRIGGER hold ON jobs');
        await heddle.start('dispatcher');
        await sleep(2_000);
      }
      return { kills: KILLS };
    },
  },
  {
    id: 'F35',
    what: 'two dispatchers, each dispatching and reconciling; one is killed and comes back',
    inject: async ({ heddle }) => {
      await heddle.start('dispatcher 2');
      await sleep(5_000);
      await heddle.kill('dispatcher');
      await sleep(2_000);
      await heddle.start('dispatcher');
      await sleep(5_000);
    },
  },
];
