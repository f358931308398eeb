-- up
-- Files of lines that run as jobs (docs/batches.md). One dispatcher at a time works on a batch: it has taken the newest
-- `attempt`, which every write of it names, and is to be back before `due_at`.
CREATE TABLE batches (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  version_id uuid NOT NULL REFERENCES versions (id),
  alias text,
  task text NOT NULL,
  parameters json NOT NULL,
  priority smallint NOT NULL,
  invalid_lines text NOT NULL CHECK (invalid_lines IN ('reject', 'skip')),
  -- Where the batch's own events go.
  webhook_url text,
  webhook_events text[],
  metadata jsonb NOT NULL,
  -- The file that was uploaded; it may go when the batch has ended.
  file_id uuid NOT NULL,
  sha256 text NOT NULL,
  bytes bigint NOT NULL,
  state text NOT NULL DEFAULT 'validating' CHECK (state IN
    ('validating', 'running', 'finalizing', 'canceling', 'succeeded', 'failed', 'canceled', 'expired')),
  sequence integer NOT NULL DEFAULT 1,
  -- What each number of the sequence was: a change of state with its time, or how many lines were done.
  history jsonb NOT NULL,
  -- Lines by what has become of them; those that are running are in none but the total.
  total integer NOT NULL DEFAULT 0,
  succeeded integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  canceled integer NOT NULL DEFAULT 0,
  expired integer NOT NULL DEFAULT 0,
  tokens bigint NOT NULL DEFAULT 0,
  error_count integer NOT NULL DEFAULT 0,
  errors json NOT NULL DEFAULT '[]',
  -- How far the file has been made into jobs: the byte, and the number, of the next line.
  next_byte bigint NOT NULL DEFAULT 0,
  next_line integer NOT NULL DEFAULT 1,
  attempt integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  output_file uuid,
  error_file uuid,
  idempotency_key text,
  request_hash bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  completed_at timestamptz,
  deadline timestamptz NOT NULL,
  -- When the row goes; null until the batch has ended.
  expires_at timestamptz,
  -- Whether the data of its jobs may go: afterwards, some at a time, because there may be 50,000 of them.
  released boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX batches_idempotency ON batches (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX batches_of_tenant ON batches (tenant_id, id DESC);
CREATE INDEX batches_due ON batches (state, due_at) WHERE completed_at IS NULL;
CREATE INDEX batches_open_of_tenant ON batches (tenant_id) WHERE completed_at IS NULL;
CREATE INDEX batches_of_file ON batches (file_id) WHERE completed_at IS NULL;
CREATE INDEX batches_of_version ON batches (version_id) WHERE completed_at IS NULL;
CREATE INDEX batches_unreleased ON batches (completed_at) WHERE completed_at IS NOT NULL AND NOT released;
CREATE INDEX batches_expiring ON batches (expires_at) WHERE expires_at IS NOT NULL;

-- The lines that a job of an unfinished batch has, in the order of its items. `counted`: they are in the batch's numbers.
CREATE TABLE batch_jobs (
  job_id uuid PRIMARY KEY,
  batch_id uuid NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  lines integer[] NOT NULL,
  counted boolean NOT NULL DEFAULT false
);
CREATE INDEX batch_jobs_of_batch ON batch_jobs (batch_id, job_id);
CREATE INDEX batch_jobs_open ON batch_jobs (batch_id, job_id) WHERE NOT counted;

-- Lines of an unfinished batch that cannot run.
CREATE TABLE batch_line_errors (
  batch_id uuid NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  line integer NOT NULL,
  code text NOT NULL,
  message text NOT NULL,
  PRIMARY KEY (batch_id, line)
);

ALTER TABLE jobs ADD COLUMN batch_id uuid;
CREATE INDEX jobs_of_batch ON jobs (batch_id, id DESC) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_open_of_batches ON jobs (version_id, tenant_id) INCLUDE (cost, priority) WHERE batch_id IS NOT NULL AND completed_at IS NULL;
-- Tokens of each item, of jobs whose items are shown one by one.
ALTER TABLE job_results ADD COLUMN tokens integer[];
-- The output of an item had no room beside the others'.
ALTER TABLE job_results ADD COLUMN no_room boolean NOT NULL DEFAULT false;

ALTER TABLE files DROP CONSTRAINT files_purpose_check;
ALTER TABLE files ADD CONSTRAINT files_purpose_check CHECK (purpose IN ('model', 'dataset', 'batch', 'batch_output', 'batch_error'));

ALTER TABLE batches ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON batches TO CURRENT_USER USING (true);
CREATE POLICY own ON batches TO heddle_tenant USING (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE ON batches TO heddle_tenant;

-- down
-- Contents that no row names any more are removed, and the data of jobs goes.
INSERT INTO content_removals (sha256) SELECT DISTINCT sha256 FROM files WHERE purpose IN ('batch_output', 'batch_error')
  ON CONFLICT DO NOTHING;
UPDATE jobs SET result_ttl_s = 3600 WHERE batch_id IS NOT NULL AND result_ttl_s IS NULL;
DELETE FROM files WHERE purpose IN ('batch_output', 'batch_error');
ALTER TABLE files DROP CONSTRAINT files_purpose_check;
ALTER TABLE files ADD CONSTRAINT files_purpose_check CHECK (purpose IN ('model', 'dataset', 'batch'));
ALTER TABLE job_results DROP COLUMN tokens, DROP COLUMN no_room;
DROP INDEX jobs_open_of_batches;
DROP INDEX jobs_of_batch;
ALTER TABLE jobs DROP COLUMN batch_id;
DROP TABLE batch_line_errors;
DROP TABLE batch_jobs;
DROP TABLE batches;
