-- up
-- When the texts and results of a job go: so long after its end. Null keeps them, as the jobs were promised that were
-- accepted before there was this column. An expression in place of a column: what ends a job need not know of it. Its
-- time has no zone because only such times can be added to in an index.
ALTER TABLE jobs ADD COLUMN result_ttl_s integer, ADD COLUMN data_removed_at timestamptz;
CREATE INDEX jobs_data_due ON jobs ((timezone('UTC', completed_at) + make_interval(secs => result_ttl_s)))
  WHERE completed_at IS NOT NULL AND result_ttl_s IS NOT NULL AND data_removed_at IS NULL;
CREATE INDEX jobs_rows_due ON jobs (data_removed_at) WHERE data_removed_at IS NOT NULL;

-- down
DROP INDEX jobs_rows_due;
DROP INDEX jobs_data_due;
ALTER TABLE jobs DROP COLUMN data_removed_at, DROP COLUMN result_ttl_s;
