-- up
-- Uploaded files; their bytes are in the artefact store under their digest. A row comes before its bytes, so
-- that what a row names is never removed.
CREATE TABLE files (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  purpose text NOT NULL CHECK (purpose IN ('model', 'dataset', 'batch')),
  filename text NOT NULL,
  bytes bigint NOT NULL CHECK (bytes >= 0),
  sha256 text NOT NULL,
  -- Null until the bytes are in the store; nobody sees the file before.
  stored_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  idempotency_key text,
  request_hash bytea
);
CREATE UNIQUE INDEX files_idempotency ON files (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX files_of_tenant ON files (tenant_id, id DESC);
CREATE INDEX files_of_content ON files (sha256);
CREATE INDEX files_expiring ON files (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX files_unstored ON files (created_at) WHERE stored_at IS NULL;

-- Digests that have lost a reference: noted in the transaction that took the reference away, so that their bytes
-- are removed if no other row names them, also when the process dies in between.
CREATE TABLE content_removals (
  sha256 text PRIMARY KEY,
  since timestamptz NOT NULL DEFAULT now()
);

-- down
DROP TABLE content_removals;
DROP TABLE files;
