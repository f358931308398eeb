-- up
-- Who wants to be told of what, what happened, and how telling it went (docs/decisions/0014-event-rows.md).

-- A UUIDv7: events and deliveries are made by statements that make many at once.
CREATE FUNCTION new_uuidv7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

CREATE TABLE webhook_endpoints (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  url text NOT NULL,
  -- Types, `prefix.*`, or `*`.
  events text[] NOT NULL,
  description text NOT NULL DEFAULT '',
  max_in_flight integer NOT NULL DEFAULT 8 CHECK (max_in_flight > 0),
  enabled boolean NOT NULL DEFAULT true,
  disabled_reason text CHECK (disabled_reason IN ('failing', 'gone', 'manual')),
  created_at timestamptz NOT NULL DEFAULT now(),
  -- The row stays for its deliveries.
  deleted_at timestamptz,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  consecutive_failures integer NOT NULL DEFAULT 0,
  -- The first failure since the last success.
  failing_since timestamptz,
  idempotency_key text,
  request_hash bytea,
  CHECK (enabled = (disabled_reason IS NULL))
);
CREATE UNIQUE INDEX webhook_endpoints_idempotency ON webhook_endpoints (tenant_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
-- Looked into by every statement that changes a job.
CREATE INDEX webhook_endpoints_of_tenant ON webhook_endpoints (tenant_id, id DESC) WHERE deleted_at IS NULL;

-- What webhooks are signed with, so it must be kept as it is. Without an endpoint: the tenant's, for URLs of jobs.
CREATE TABLE webhook_secrets (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  endpoint_id uuid REFERENCES webhook_endpoints (id),
  secret text NOT NULL,
  previous text,
  previous_expires_at timestamptz
);
CREATE UNIQUE INDEX webhook_secrets_of_endpoint ON webhook_secrets (endpoint_id) WHERE endpoint_id IS NOT NULL;
CREATE UNIQUE INDEX webhook_secrets_of_tenant ON webhook_secrets (tenant_id) WHERE endpoint_id IS NULL;

CREATE TABLE webhook_events (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  type text NOT NULL,
  -- The job, version, endpoint … that it tells of.
  object_id uuid NOT NULL,
  -- Zero where an object has one event of the type; otherwise one of its own.
  occurrence uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  sequence integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- What cannot be read of the object later.
  data json,
  -- The very text that is sent and signed; made once, before the first attempt.
  body text,
  -- The texts of its job were erased.
  erased_at timestamptz,
  idempotency_key text,
  request_hash bytea,
  UNIQUE (object_id, type, occurrence)
);
CREATE UNIQUE INDEX webhook_events_idempotency ON webhook_events (tenant_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX webhook_events_age ON webhook_events (created_at);

CREATE TABLE webhook_deliveries (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  event_id uuid NOT NULL REFERENCES webhook_events (id) ON DELETE CASCADE,
  event_type text NOT NULL,
  -- Null for the URL of a job.
  endpoint_id uuid,
  -- Of a job; otherwise where it was sent to last.
  url text,
  -- Deliveries of one lane share its requests in flight: an endpoint, or one of the sixteen of a tenant's jobs' URLs.
  lane uuid NOT NULL,
  status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'delivering', 'delivered', 'exhausted', 'skipped')),
  -- The fence: what came of an attempt is written down by the process that holds it.
  attempt integer NOT NULL DEFAULT 0,
  -- Failures since it was first sent, or sent again by hand: where it stands in the schedule.
  failures integer NOT NULL DEFAULT 0,
  -- Processes that fell silent over it since one last wrote down what came of it.
  silences integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  lease_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  delivered_at timestamptz,
  CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
  CHECK ((status = 'delivering') = (lease_until IS NOT NULL))
);
CREATE INDEX webhook_deliveries_of_event ON webhook_deliveries (event_id);
CREATE INDEX webhook_deliveries_of_tenant ON webhook_deliveries (tenant_id, id DESC);
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (endpoint_id, id DESC) WHERE endpoint_id IS NOT NULL;
-- Pages that few deliveries fit.
CREATE INDEX webhook_deliveries_undelivered ON webhook_deliveries (tenant_id, id DESC)
  WHERE status IN ('pending', 'delivering', 'exhausted', 'skipped');
CREATE INDEX webhook_deliveries_uncommon ON webhook_deliveries (tenant_id, event_type, id DESC)
  WHERE event_type NOT IN ('job.started', 'job.succeeded');
CREATE INDEX webhook_deliveries_lanes ON webhook_deliveries (lane, next_attempt_at) INCLUDE (tenant_id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) INCLUDE (lane, tenant_id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_leases ON webhook_deliveries (lease_until) INCLUDE (lane, tenant_id) WHERE status = 'delivering';

CREATE TABLE webhook_attempts (
  delivery_id uuid NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
  number integer NOT NULL,
  tenant_id uuid NOT NULL,
  at timestamptz NOT NULL,
  duration_ms integer NOT NULL,
  status_code integer,
  error text,
  response_excerpt text,
  PRIMARY KEY (delivery_id, number)
);

-- Where a job's own events go.
ALTER TABLE jobs ADD COLUMN webhook_url text, ADD COLUMN webhook_events text[];

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['webhook_endpoints', 'webhook_secrets', 'webhook_events', 'webhook_deliveries', 'webhook_attempts'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY system ON %I TO CURRENT_USER USING (true)', name);
    EXECUTE format('CREATE POLICY own ON %I TO heddle_tenant USING (tenant_id = current_tenant())', name);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON webhook_endpoints, webhook_events, webhook_deliveries TO heddle_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_secrets TO heddle_tenant;
GRANT SELECT, UPDATE ON webhook_attempts TO heddle_tenant;

-- down
ALTER TABLE jobs DROP COLUMN webhook_events, DROP COLUMN webhook_url;
DROP TABLE webhook_attempts;
DROP TABLE webhook_deliveries;
DROP TABLE webhook_events;
DROP TABLE webhook_secrets;
DROP TABLE webhook_endpoints;
DROP FUNCTION new_uuidv7();
