-- up
-- Data sets that versions are measured on (docs/evaluations.md). One dispatcher at a time works on an evaluation: it has taken
-- the newest `attempt`, which every write of it names, and is to be back before `due_at`.
CREATE TABLE evaluations (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  version_id uuid NOT NULL REFERENCES versions (id),
  alias text,
  -- What it is compared with.
  baseline_version_id uuid REFERENCES versions (id),
  task text NOT NULL,
  parameters json NOT NULL,
  -- How the data set is read, and what is measured.
  options json NOT NULL,
  priority smallint NOT NULL,
  invalid_lines text NOT NULL CHECK (invalid_lines IN ('reject', 'skip')),
  metadata jsonb NOT NULL,
  -- The file that was uploaded; it may go when the evaluation has ended.
  file_id uuid NOT NULL,
  sha256 text NOT NULL,
  bytes bigint NOT NULL,
  filename text NOT NULL,
  -- Null until it is known.
  format text,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'canceled', 'expired')),
  sequence integer NOT NULL DEFAULT 1,
  -- Examples of the data set, those that do not fit, and those that it says to leave out itself.
  items integer NOT NULL DEFAULT 0,
  invalid integer NOT NULL DEFAULT 0,
  skipped integer NOT NULL DEFAULT 0,
  -- How many examples have been made into jobs: the first ones.
  fed integer NOT NULL DEFAULT 0,
  -- Answers that have come, of the version and its baseline.
  succeeded integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  error_count integer NOT NULL DEFAULT 0,
  errors json NOT NULL DEFAULT '[]',
  result json,
  attempt integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  idempotency_key text,
  request_hash bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  completed_at timestamptz,
  deadline timestamptz NOT NULL,
  -- When its items go; null until it has ended, and when they have gone.
  expires_at timestamptz,
  -- Whether its jobs were ended, and their data may go: afterwards, some at a time.
  released boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX evaluations_idempotency ON evaluations (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX evaluations_of_tenant ON evaluations (tenant_id, id DESC);
CREATE INDEX evaluations_of_version ON evaluations (version_id, id DESC);
CREATE INDEX evaluations_due ON evaluations (due_at) WHERE completed_at IS NULL;
CREATE INDEX evaluations_of_baseline ON evaluations (baseline_version_id) WHERE baseline_version_id IS NOT NULL;
CREATE INDEX evaluations_open_of_tenant ON evaluations (tenant_id) WHERE completed_at IS NULL;
CREATE INDEX evaluations_of_file ON evaluations (file_id) WHERE completed_at IS NULL;
CREATE INDEX evaluations_unreleased ON evaluations (completed_at) WHERE completed_at IS NOT NULL AND NOT released;
CREATE INDEX evaluations_expiring ON evaluations (expires_at) WHERE expires_at IS NOT NULL;

-- The examples that have been made into jobs, and what was answered. Metrics are made of these rows alone.
CREATE TABLE evaluation_items (
  evaluation_id uuid NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  -- In the data set, from 0 on, examples that do not fit counted.
  place integer NOT NULL,
  line integer NOT NULL,
  expected json NOT NULL,
  group_name text,
  slice json,
  -- Both null until the answer has come.
  output json,
  error json,
  correct boolean,
  loss double precision,
  baseline_output json,
  baseline_error json,
  PRIMARY KEY (evaluation_id, place)
);

-- The examples that a job of an unfinished evaluation has, in the order of its items. `counted`: their answers are in the items.
CREATE TABLE evaluation_jobs (
  job_id uuid PRIMARY KEY,
  evaluation_id uuid NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,
  of_baseline boolean NOT NULL,
  places integer[] NOT NULL,
  counted boolean NOT NULL DEFAULT false,
  -- What answering took.
  tokens integer NOT NULL DEFAULT 0,
  padded_tokens integer NOT NULL DEFAULT 0,
  inference_ms double precision NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz
);
CREATE INDEX evaluation_jobs_of_evaluation ON evaluation_jobs (evaluation_id);
CREATE INDEX evaluation_jobs_open ON evaluation_jobs (evaluation_id) WHERE NOT counted;

ALTER TABLE jobs ADD COLUMN evaluation_id uuid;
CREATE INDEX jobs_of_evaluation ON jobs (evaluation_id) WHERE evaluation_id IS NOT NULL;

ALTER TABLE evaluations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON evaluations TO CURRENT_USER USING (true);
CREATE POLICY own ON evaluations TO heddle_tenant USING (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE ON evaluations TO heddle_tenant;
ALTER TABLE evaluation_items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON evaluation_items TO CURRENT_USER USING (true);
CREATE POLICY own ON evaluation_items TO heddle_tenant USING (tenant_id = current_tenant());
GRANT SELECT ON evaluation_items TO heddle_tenant;

-- down
-- Their jobs go on for nobody, and their data goes.
UPDATE jobs SET result_ttl_s = 3600 WHERE evaluation_id IS NOT NULL AND result_ttl_s IS NULL;
DROP INDEX jobs_of_evaluation;
ALTER TABLE jobs DROP COLUMN evaluation_id;
DROP TABLE evaluation_jobs;
DROP TABLE evaluation_items;
DROP TABLE evaluations;
