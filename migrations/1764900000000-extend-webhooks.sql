-- up
-- Secrets that were replaced sign until they expire: a row each, the current one without an end.
ALTER TABLE webhook_secrets ADD COLUMN expires_at timestamptz, ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();
DROP INDEX webhook_secrets_of_endpoint;
DROP INDEX webhook_secrets_of_tenant;
INSERT INTO webhook_secrets (tenant_id, endpoint_id, secret, expires_at)
  SELECT tenant_id, endpoint_id, previous, previous_expires_at FROM webhook_secrets WHERE previous_expires_at > now();
ALTER TABLE webhook_secrets DROP COLUMN previous, DROP COLUMN previous_expires_at;
CREATE UNIQUE INDEX webhook_secrets_current_of_endpoint ON webhook_secrets (endpoint_id)
  WHERE endpoint_id IS NOT NULL AND expires_at IS NULL;
CREATE UNIQUE INDEX webhook_secrets_current_of_tenant ON webhook_secrets (tenant_id)
  WHERE endpoint_id IS NULL AND expires_at IS NULL;
CREATE INDEX webhook_secrets_of_endpoint ON webhook_secrets (endpoint_id) WHERE endpoint_id IS NOT NULL;
CREATE INDEX webhook_secrets_of_tenant ON webhook_secrets (tenant_id) WHERE endpoint_id IS NULL;

-- The newest sequence of objects that have many events of a type.
CREATE TABLE webhook_event_sequences (
  object_id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  last integer NOT NULL
);
ALTER TABLE webhook_event_sequences ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON webhook_event_sequences TO CURRENT_USER USING (true);
CREATE POLICY own ON webhook_event_sequences TO heddle_tenant USING (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE ON webhook_event_sequences TO heddle_tenant;

-- The trace of the request that made a job, as W3C writes it.
ALTER TABLE jobs ADD COLUMN traceparent text;

-- down
ALTER TABLE jobs DROP COLUMN traceparent;
DROP TABLE webhook_event_sequences;
DROP INDEX webhook_secrets_of_endpoint;
DROP INDEX webhook_secrets_of_tenant;
DROP INDEX webhook_secrets_current_of_endpoint;
DROP INDEX webhook_secrets_current_of_tenant;
ALTER TABLE webhook_secrets ADD COLUMN previous text, ADD COLUMN previous_expires_at timestamptz;
UPDATE webhook_secrets s SET previous = old.secret, previous_expires_at = old.expires_at
  FROM (SELECT DISTINCT ON (tenant_id, endpoint_id) * FROM webhook_secrets WHERE expires_at IS NOT NULL
         ORDER BY tenant_id, endpoint_id, created_at DESC) old
 WHERE s.expires_at IS NULL AND s.tenant_id = old.tenant_id AND s.endpoint_id IS NOT DISTINCT FROM old.endpoint_id;
DELETE FROM webhook_secrets WHERE expires_at IS NOT NULL;
ALTER TABLE webhook_secrets DROP COLUMN expires_at, DROP COLUMN created_at;
CREATE UNIQUE INDEX webhook_secrets_of_endpoint ON webhook_secrets (endpoint_id) WHERE endpoint_id IS NOT NULL;
CREATE UNIQUE INDEX webhook_secrets_of_tenant ON webhook_secrets (tenant_id) WHERE endpoint_id IS NULL;
