-- up
CREATE TABLE workers (
  id uuid PRIMARY KEY,
  host text NOT NULL,
  pid integer NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  heartbeat_at timestamptz NOT NULL DEFAULT now(),
  -- Version id → tokens per second over the last heartbeats: the size of the dispatch window comes from it.
  throughput jsonb NOT NULL DEFAULT '{}'
);

-- down
DROP TABLE workers;
