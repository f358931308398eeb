-- up
-- What was done and what waited, in rows of a minute and rows of an hour, so that a month of it is read at a glance
-- (docs/dashboard.md). A tenant has a row where something ended or waited; the nil UUID, which is no tenant's, has one of every
-- minute for all of them together.
CREATE TABLE stats (
  tenant_id uuid NOT NULL,
  -- Seconds that a row covers.
  resolution integer NOT NULL CHECK (resolution IN (60, 3600)),
  -- When they begin.
  at timestamptz NOT NULL,
  jobs_succeeded integer NOT NULL,
  jobs_failed integer NOT NULL,
  jobs_canceled integer NOT NULL,
  jobs_expired integer NOT NULL,
  items_succeeded bigint NOT NULL,
  items_failed bigint NOT NULL,
  tokens bigint NOT NULL,
  padded_tokens bigint NOT NULL,
  -- Jobs by bucket of the time they took (libs/contracts/src/stats.ts): until the first claim, until the end.
  waits jsonb NOT NULL,
  durations jsonb NOT NULL,
  -- Looked at once a minute: the most; of workers, which are told of all tenants together alone, the fewest. Null: nobody looked.
  queued integer,
  queued_tokens bigint,
  oldest_age_s double precision,
  workers integer,
  PRIMARY KEY (tenant_id, resolution, at)
);
CREATE INDEX stats_due ON stats (resolution, at);

-- One row: up to when minutes are counted. Whoever counts the next one holds it.
CREATE TABLE stats_progress (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  counted_until timestamptz NOT NULL
);
INSERT INTO stats_progress (counted_until) VALUES (date_trunc('minute', now()));

-- Sums of two counts by bucket.
CREATE FUNCTION add_counts(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(bucket, count), '{}') FROM (
    SELECT key AS bucket, sum(value::bigint) AS count
      FROM (SELECT * FROM jsonb_each_text(a) UNION ALL SELECT * FROM jsonb_each_text(b)) both_of_them GROUP BY key) sums
$$;

-- What ended in a minute, whatever else has ended.
CREATE INDEX jobs_ended ON jobs (completed_at) WHERE completed_at IS NOT NULL;

ALTER TABLE stats ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON stats TO CURRENT_USER USING (true);
CREATE POLICY own ON stats TO heddle_tenant USING (tenant_id = current_tenant());
GRANT SELECT ON stats TO heddle_tenant;

-- down
DROP INDEX jobs_ended;
DROP TABLE stats;
DROP TABLE stats_progress;
DROP FUNCTION add_counts(jsonb, jsonb);
