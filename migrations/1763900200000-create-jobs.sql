-- up
-- The backlog and the truth of every job. Texts and results live in tables of their own, so that the state
-- changes of a job rewrite a small row.
CREATE TABLE jobs (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  version_id uuid NOT NULL REFERENCES versions (id),
  alias text,
  task text NOT NULL,
  parameters json NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}',
  priority smallint NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
  state text NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'canceled', 'expired')),
  -- One dispatch of the job: queue entries carry it, so an entry of an older dispatch claims nothing.
  epoch integer NOT NULL DEFAULT 0,
  -- The fence: a result is stored only by the attempt that holds it.
  attempt integer NOT NULL DEFAULT 0,
  lost integer NOT NULL DEFAULT 0,
  crashes integer NOT NULL DEFAULT 0,
  sequence integer NOT NULL DEFAULT 1,
  dispatched_at timestamptz,
  lease_until timestamptz,
  worker_id uuid,
  items integer NOT NULL CHECK (items > 0),
  -- Estimated tokens of all inputs: the unit in which the dispatch window is filled.
  cost integer NOT NULL CHECK (cost > 0),
  succeeded integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  usage json,
  timing json,
  error json,
  idempotency_key text,
  request_hash bytea,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  completed_at timestamptz,
  deadline timestamptz NOT NULL
);
CREATE UNIQUE INDEX jobs_idempotency ON jobs (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX jobs_of_tenant ON jobs (tenant_id, id DESC);
CREATE INDEX jobs_undispatched ON jobs (version_id, priority, id) WHERE state = 'queued' AND dispatched_at IS NULL;
CREATE INDEX jobs_in_window ON jobs (version_id, dispatched_at)
  INCLUDE (cost) WHERE state IN ('queued', 'running') AND dispatched_at IS NOT NULL;
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_deadlines ON jobs (deadline) WHERE state IN ('queued', 'running');

CREATE TABLE job_inputs (
  job_id uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
  inputs json NOT NULL
);

-- The primary key makes a second result of one job impossible.
CREATE TABLE job_results (
  job_id uuid PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
  results json NOT NULL
);

-- down
DROP TABLE job_results;
DROP TABLE job_inputs;
DROP TABLE jobs;
