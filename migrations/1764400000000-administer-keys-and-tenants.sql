-- up
-- Requests a minute: null is the tenant's limit, 0 is none.
ALTER TABLE api_keys
  ADD COLUMN rate_limit_per_min integer CHECK (rate_limit_per_min >= 0),
  ADD COLUMN last_used_at timestamptz,
  ADD COLUMN idempotency_key text,
  ADD COLUMN request_hash bytea;
CREATE UNIQUE INDEX api_keys_idempotency ON api_keys (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- The setup makes operators' keys without a limit; those it made before are not slowed down either.
UPDATE api_keys SET rate_limit_per_min = 0 WHERE 'operate' = ANY (scopes);

-- Limits: null is the instance's; a rate of 0 is none. An idempotency key is that of the tenant that created this one.
ALTER TABLE tenants
  ADD COLUMN rate_limit_per_min integer CHECK (rate_limit_per_min >= 0),
  ADD COLUMN max_queued_items integer CHECK (max_queued_items > 0),
  ADD COLUMN suspended_at timestamptz,
  ADD COLUMN created_by uuid REFERENCES tenants (id),
  ADD COLUMN idempotency_key text,
  ADD COLUMN request_hash bytea;
CREATE UNIQUE INDEX tenants_idempotency ON tenants (created_by, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- down
DROP INDEX tenants_idempotency, api_keys_idempotency;
ALTER TABLE tenants
  DROP COLUMN rate_limit_per_min,
  DROP COLUMN max_queued_items,
  DROP COLUMN suspended_at,
  DROP COLUMN created_by,
  DROP COLUMN idempotency_key,
  DROP COLUMN request_hash;
ALTER TABLE api_keys
  DROP COLUMN rate_limit_per_min,
  DROP COLUMN last_used_at,
  DROP COLUMN idempotency_key,
  DROP COLUMN request_hash;
