-- up
-- A pool of workers. Its row stays while it has none: what it should have is decided from it.
CREATE TABLE pools (
  name text PRIMARY KEY,
  -- Names of the models that its workers serve; null: all.
  models text[],
  desired_workers integer NOT NULL DEFAULT 1,
  -- What the decision before leaves for the next one.
  scaling jsonb,
  decided_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO pools (name) VALUES ('default');

ALTER TABLE workers
  ADD COLUMN pool text NOT NULL DEFAULT 'default',
  -- Part of the time since its heartbeat before that its engines were busy.
  ADD COLUMN load double precision NOT NULL DEFAULT 0,
  ADD COLUMN inference_processes integer NOT NULL DEFAULT 1,
  ADD COLUMN memory_budget_bytes bigint;

-- down
ALTER TABLE workers
  DROP COLUMN memory_budget_bytes,
  DROP COLUMN inference_processes,
  DROP COLUMN load,
  DROP COLUMN pool;
DROP TABLE pools;
