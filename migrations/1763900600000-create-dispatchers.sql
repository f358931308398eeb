-- up
CREATE TABLE dispatchers (
  id uuid PRIMARY KEY,
  host text NOT NULL,
  pid integer NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  -- When the queue last answered this dispatcher: readiness looks at it.
  queue_answered_at timestamptz NOT NULL DEFAULT now()
);

-- down
DROP TABLE dispatchers;
