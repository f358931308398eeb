/** Faults of the api: it ends around the commit of a submission. */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '@heddle/testing';

/** Long enough to be met in, shorter than any timeout of the api. */
const HELD_S = 1;

export const API_FAULTS = [
  {
    id: 'F1',
    what: 'kill -9 of the api after COMMIT, before the answer',
    inject: async ({ heddle, load }) => {
      const key = 'killed-after-commit';
      await heddle.database.query(
        `CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.idempotency_key = '${key}' THEN PERFORM pg_sleep(${HELD_S}); END IF; RETURN NULL; END $$`,
      );
      await heddle.database.query(
        'CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hold()',
      );
      const request = { body: { model: 'sentiment', inputs: ['once'] }, headers: { 'idempotency-key': key } };
      const unanswered = load.call('POST', '/v1/jobs', request);
      await waitFor(() => isHeld(heddle));
      // It can hear of the commit no more, so it cannot answer.
      heddle.process('api').kill('SIGSTOP');
      await waitFor(async () => (await idsOf(heddle, key)).length === 1);
      const [id] = await idsOf(heddle, key);
      await heddle.kill('api');
      if ((await unanswered) !== null) throw new Error('the killed api answered');
      await heddle.start('api');
      const again = await load.call('POST', '/v1/jobs', request);
      const rows = await idsOf(heddle, key);
      if (rows.length !== 1 || again?.status !== 202 || rows[0] !== id) {
        throw new Error(`the retry was answered ${again?.status}, and there are ${rows.length} rows`);
      }
      return { rows: 1, retry: again.status };
    },
  },
  {
    id: 'F2',
    what: 'kill -9 of the api before COMMIT',
    inject: async ({ heddle, load }) => {
      const key = 'killed-before-commit';
      await heddle.database.query(
        `CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.idempotency_key = '${key}' THEN PERFORM pg_sleep(${HELD_S}); END IF; RETURN NEW; END $$`,
      );
      await heddle.database.query(
        'CREATE TRIGGER hold BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION hold()',
      );
      const request = { body: { model: 'sentiment', inputs: ['once'] }, headers: { 'idempotency-key': key } };
      const unanswered = load.call('POST', '/v1/jobs', request);
      await waitFor(() => isHeld(heddle));
      await heddle.kill('api');
      if ((await unanswered) !== null) throw new Error('the killed api answered');
      await sleep(2 * HELD_S * 1000);
      const rows = (await idsOf(heddle, key)).length;
      await heddle.start('api');
      const again = await load.call('POST', '/v1/jobs', request);
      const after = await idsOf(heddle, key);
      // The statement commits by itself: what was sent may come true, as after a lost answer. It must do so once.
      if (after.length !== 1 || again?.status !== 202) {
        throw new Error(`the retry was answered ${again?.status}, and there are ${after.length} rows`);
      }
      return { rows_before_retry: rows };
    },
  },
];

async function isHeld(heddle) {
  const [{ held }] = await heddle.database.query(
    `SELECT count(*)::int AS held FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`,
  );
  return held > 0;
}

async function idsOf(heddle, key) {
  const rows = await heddle.database.query(`SELECT id FROM jobs WHERE idempotency_key = '${key}'`);
  return rows.map(({ id }) => id);
}
