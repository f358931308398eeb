-- up
-- What a worker says of itself with every heartbeat. `served`: versions whose jobs it takes; `loaded`: version id → bytes
-- of memory that the version takes there.
ALTER TABLE workers
  ADD COLUMN phase text NOT NULL DEFAULT 'serving' CHECK (phase IN ('starting', 'serving', 'draining')),
  ADD COLUMN device text NOT NULL DEFAULT 'cpu',
  ADD COLUMN threads integer NOT NULL DEFAULT 1,
  ADD COLUMN build text,
  ADD COLUMN jobs_done bigint NOT NULL DEFAULT 0,
  ADD COLUMN served uuid[] NOT NULL DEFAULT '{}',
  ADD COLUMN loaded jsonb NOT NULL DEFAULT '{}',
  -- When an operator asked it to stop: it hears of that with its next heartbeat.
  ADD COLUMN drain_requested_at timestamptz;

-- down
ALTER TABLE workers
  DROP COLUMN drain_requested_at,
  DROP COLUMN loaded,
  DROP COLUMN served,
  DROP COLUMN jobs_done,
  DROP COLUMN build,
  DROP COLUMN threads,
  DROP COLUMN device,
  DROP COLUMN phase;
