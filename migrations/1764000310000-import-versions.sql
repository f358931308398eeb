-- up
ALTER TABLE models
  ADD COLUMN idempotency_key text,
  ADD COLUMN request_hash bytea,
  -- Jobs go on naming a deleted model; nothing else sees it.
  ADD COLUMN deleted_at timestamptz,
  DROP CONSTRAINT models_tenant_id_name_key;
CREATE UNIQUE INDEX models_name ON models (tenant_id, name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX models_idempotency ON models (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- A version begins as an import: a worker claims it, holds a lease, and shows its attempt with every change.
ALTER TABLE versions
  ALTER COLUMN sha256 DROP NOT NULL,
  ALTER COLUMN manifest DROP NOT NULL,
  DROP CONSTRAINT versions_status_check,
  DROP CONSTRAINT versions_model_id_sha256_key,
  ADD COLUMN notes text NOT NULL DEFAULT '',
  -- What the import was asked for: source, precision, tasks, labels, max_tokens. Null for versions made by setup.
  ADD COLUMN request json,
  ADD COLUMN source_files uuid[] NOT NULL DEFAULT '{}',
  ADD COLUMN percent smallint NOT NULL DEFAULT 0 CHECK (percent BETWEEN 0 AND 100),
  ADD COLUMN report json,
  ADD COLUMN error json,
  -- The fence of an import, and how many of its attempts ended with their worker.
  ADD COLUMN attempt integer NOT NULL DEFAULT 0,
  ADD COLUMN lost integer NOT NULL DEFAULT 0,
  ADD COLUMN lease_until timestamptz,
  ADD COLUMN worker_id uuid,
  ADD COLUMN idempotency_key text,
  ADD COLUMN request_hash bytea,
  ADD COLUMN ready_at timestamptz,
  ADD COLUMN deleted_at timestamptz,
  ADD CONSTRAINT versions_status_check
    CHECK (status IN ('importing', 'converting', 'verifying', 'ready', 'failed', 'archived')),
  ADD CONSTRAINT versions_complete
    CHECK (status NOT IN ('ready', 'archived') OR (manifest IS NOT NULL AND sha256 IS NOT NULL AND ready_at IS NOT NULL))
    NOT VALID;
UPDATE versions SET ready_at = created_at;
ALTER TABLE versions VALIDATE CONSTRAINT versions_complete;
CREATE UNIQUE INDEX versions_content ON versions (model_id, sha256)
  WHERE deleted_at IS NULL AND status IN ('ready', 'archived');
CREATE UNIQUE INDEX versions_idempotency ON versions (model_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX versions_importing ON versions (id) WHERE status IN ('importing', 'converting', 'verifying');

-- Immutable once ready, whatever a statement says.
CREATE FUNCTION keep_ready_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.manifest::text IS DISTINCT FROM OLD.manifest::text OR NEW.sha256 IS DISTINCT FROM OLD.sha256
     OR NEW.number <> OLD.number OR NEW.model_id <> OLD.model_id OR NEW.status NOT IN ('ready', 'archived') THEN
    RAISE EXCEPTION 'version % is ready and cannot be changed', OLD.id;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER versions_immutable BEFORE UPDATE ON versions
  FOR EACH ROW WHEN (OLD.status IN ('ready', 'archived')) EXECUTE FUNCTION keep_ready_versions();

-- down
DROP TRIGGER versions_immutable ON versions;
DROP FUNCTION keep_ready_versions();
-- The older schema knows neither unfinished nor deleted versions; no job can name an unfinished one.
DELETE FROM versions WHERE status NOT IN ('ready', 'archived');
UPDATE versions SET status = 'archived', sha256 = sha256 || ' ' || id WHERE deleted_at IS NOT NULL;
UPDATE models SET name = id::text WHERE deleted_at IS NOT NULL;
DROP INDEX versions_importing, versions_idempotency, versions_content;
ALTER TABLE versions
  DROP CONSTRAINT versions_complete,
  DROP CONSTRAINT versions_status_check,
  DROP COLUMN deleted_at,
  DROP COLUMN ready_at,
  DROP COLUMN request_hash,
  DROP COLUMN idempotency_key,
  DROP COLUMN worker_id,
  DROP COLUMN lease_until,
  DROP COLUMN lost,
  DROP COLUMN attempt,
  DROP COLUMN error,
  DROP COLUMN report,
  DROP COLUMN percent,
  DROP COLUMN source_files,
  DROP COLUMN request,
  DROP COLUMN notes,
  ALTER COLUMN manifest SET NOT NULL,
  ALTER COLUMN sha256 SET NOT NULL,
  ADD CONSTRAINT versions_status_check CHECK (status IN ('ready', 'archived')),
  ADD CONSTRAINT versions_model_id_sha256_key UNIQUE (model_id, sha256);
DROP INDEX models_name, models_idempotency;
ALTER TABLE models
  DROP COLUMN deleted_at,
  DROP COLUMN request_hash,
  DROP COLUMN idempotency_key,
  ADD CONSTRAINT models_tenant_id_name_key UNIQUE (tenant_id, name);
