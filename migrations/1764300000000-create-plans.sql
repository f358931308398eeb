-- up
-- How a version runs best on machines of one kind, as measured there.
CREATE TABLE plans (
  version_id uuid NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
  machine text NOT NULL,
  plan jsonb NOT NULL,
  measured_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (version_id, machine)
);

-- down
DROP TABLE plans;
