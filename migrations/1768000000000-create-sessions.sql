-- up
-- Who is signed in to the dashboard: a random secret that only the browser has, kept as its SHA-256, in place of a key. What ends
-- the key ends its sessions.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  key_id uuid NOT NULL REFERENCES api_keys (id),
  hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_of_key ON sessions (key_id, id);
CREATE INDEX sessions_of_tenant ON sessions (tenant_id);
CREATE INDEX sessions_expiring ON sessions (expires_at);

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON sessions TO CURRENT_USER USING (true);
CREATE POLICY own ON sessions TO heddle_tenant USING (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO heddle_tenant;

-- down
DROP TABLE sessions;
