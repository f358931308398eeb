-- up
-- All at once, those first that statements take first: otherwise they and this wait for each other.
LOCK TABLE jobs, job_inputs, job_results, versions, models, aliases, files, tenants, api_keys, audit_entries
  IN ACCESS EXCLUSIVE MODE;

-- Statements of a tenant's requests run as a role that sees no row but the tenant's, whatever their WHERE says
-- (docs/decisions/0012-row-level-security.md). A role belongs to the server and may be there already, for another database.
DO $$
DECLARE
  before text := current_setting('role');
BEGIN
  LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'heddle_tenant') THEN
        CREATE ROLE heddle_tenant NOLOGIN NOSUPERUSER NOBYPASSRLS;
      END IF;
      -- From here on the role stays until the transaction ends: it is depended on.
      EXECUTE format('GRANT USAGE ON SCHEMA %I TO heddle_tenant', current_schema());
      EXIT;
    EXCEPTION
      -- Another database's migration made it, or took it away, in between.
      WHEN duplicate_object OR unique_violation OR undefined_object THEN NULL;
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the account % may not create the role heddle_tenant', current_user USING ERRCODE = 'insufficient_privilege';
    END;
  END LOOP;
  BEGIN
    PERFORM set_config('role', 'heddle_tenant', true);
    PERFORM set_config('role', before, true);
  EXCEPTION WHEN insufficient_privilege THEN
    BEGIN
      GRANT heddle_tenant TO CURRENT_USER;
    EXCEPTION WHEN insufficient_privilege THEN
      RAISE EXCEPTION 'the account % may not become the role heddle_tenant', current_user USING ERRCODE = 'insufficient_privilege';
    END;
  END;
END $$;

-- The tenant of the transaction; null where none was said, which equals no row's.
CREATE FUNCTION current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('heddle.tenant', true), '')::uuid $$;

-- Every row says itself whose it is, and whether it is of the library, whose models are everybody's: a policy then looks
-- at nothing but the row. Triggers say it, so neither a mistaken statement nor a process of the release before can differ.
ALTER TABLE models ADD COLUMN shared boolean NOT NULL DEFAULT false;
ALTER TABLE versions ADD COLUMN tenant_id uuid REFERENCES tenants (id), ADD COLUMN shared boolean NOT NULL DEFAULT false;
ALTER TABLE aliases ADD COLUMN tenant_id uuid REFERENCES tenants (id), ADD COLUMN shared boolean NOT NULL DEFAULT false;
CREATE FUNCTION share_models_of_library() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.shared := EXISTS (SELECT FROM tenants t WHERE t.id = NEW.tenant_id AND t.slug = 'library');
  RETURN NEW;
END $$;
CREATE FUNCTION take_tenant_of_model() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT m.tenant_id, m.shared INTO NEW.tenant_id, NEW.shared FROM models m WHERE m.id = NEW.model_id;
  RETURN NEW;
END $$;
CREATE TRIGGER models_shared BEFORE INSERT OR UPDATE OF tenant_id, shared ON models
  FOR EACH ROW EXECUTE FUNCTION share_models_of_library();
CREATE TRIGGER versions_tenant BEFORE INSERT OR UPDATE OF model_id, tenant_id, shared ON versions
  FOR EACH ROW EXECUTE FUNCTION take_tenant_of_model();
CREATE TRIGGER aliases_tenant BEFORE INSERT OR UPDATE OF model_id, tenant_id, shared ON aliases
  FOR EACH ROW EXECUTE FUNCTION take_tenant_of_model();
UPDATE models SET shared = false;
UPDATE versions SET shared = false;
UPDATE aliases SET shared = false;
-- What the foreign keys still have to check of these rows, before the tables may be altered again.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE versions ALTER COLUMN tenant_id SET NOT NULL;
ALTER TABLE aliases ALTER COLUMN tenant_id SET NOT NULL;

-- Null in the millions of rows that were there before, and in those of a process of the release before: they are their
-- job's. A function that Postgres does not unfold: it costs nothing unless there is such a row.
ALTER TABLE job_inputs ADD COLUMN tenant_id uuid;
ALTER TABLE job_results ADD COLUMN tenant_id uuid;
CREATE FUNCTION is_own_job(job uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM jobs WHERE id = job AND tenant_id = current_tenant());
END $$;

-- `system`: this account, which Heddle's processes connect with. It is forced to have a policy as any other.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tenants', 'api_keys', 'audit_entries', 'models', 'versions', 'aliases', 'files', 'jobs',
                              'job_inputs', 'job_results'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY system ON %I TO CURRENT_USER USING (true)', name);
  END LOOP;
END $$;

-- A tenant sees itself and the tenant whose models are everybody's.
CREATE POLICY own_and_library ON tenants FOR SELECT TO heddle_tenant
  USING (id = current_tenant() OR (slug = 'library' AND current_tenant() IS NOT NULL));
GRANT SELECT ON tenants TO heddle_tenant;

CREATE POLICY own ON api_keys TO heddle_tenant USING (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE ON api_keys TO heddle_tenant;

CREATE POLICY own ON audit_entries TO heddle_tenant USING (tenant_id = current_tenant());
GRANT SELECT, INSERT ON audit_entries TO heddle_tenant;

CREATE POLICY own ON files TO heddle_tenant USING (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON files TO heddle_tenant;

CREATE POLICY own ON models TO heddle_tenant USING (tenant_id = current_tenant());
CREATE POLICY library ON models FOR SELECT TO heddle_tenant USING (shared AND current_tenant() IS NOT NULL);
GRANT SELECT, INSERT, UPDATE ON models TO heddle_tenant;

CREATE POLICY own ON versions TO heddle_tenant USING (tenant_id = current_tenant());
CREATE POLICY library ON versions FOR SELECT TO heddle_tenant USING (shared AND current_tenant() IS NOT NULL);
-- A job holds its version while it is accepted, FOR KEY SHARE: that counts as an update. A real one is refused.
CREATE POLICY library_held ON versions FOR UPDATE TO heddle_tenant USING (shared AND current_tenant() IS NOT NULL) WITH CHECK (false);
GRANT SELECT, INSERT, UPDATE, DELETE ON versions TO heddle_tenant;

CREATE POLICY own ON aliases TO heddle_tenant USING (tenant_id = current_tenant());
CREATE POLICY library ON aliases FOR SELECT TO heddle_tenant USING (shared AND current_tenant() IS NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON aliases TO heddle_tenant;

CREATE POLICY own ON jobs TO heddle_tenant USING (tenant_id = current_tenant());
GRANT SELECT, INSERT, UPDATE ON jobs TO heddle_tenant;

CREATE POLICY own ON job_inputs TO heddle_tenant
  USING (tenant_id = current_tenant() OR (tenant_id IS NULL AND is_own_job(job_id)))
  WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT, DELETE ON job_inputs TO heddle_tenant;

CREATE POLICY own ON job_results TO heddle_tenant
  USING (tenant_id = current_tenant() OR (tenant_id IS NULL AND is_own_job(job_id)))
  WITH CHECK (false);
GRANT SELECT, DELETE ON job_results TO heddle_tenant;

-- down
DO $$
DECLARE
  policy record;
BEGIN
  FOR policy IN SELECT p.policyname, p.tablename FROM pg_policies p WHERE p.schemaname = current_schema() LOOP
    EXECUTE format('DROP POLICY %I ON %I', policy.policyname, policy.tablename);
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', policy.tablename);
  END LOOP;
END $$;
DROP FUNCTION is_own_job(uuid);
ALTER TABLE job_results DROP COLUMN tenant_id;
ALTER TABLE job_inputs DROP COLUMN tenant_id;
DROP TRIGGER aliases_tenant ON aliases;
DROP TRIGGER versions_tenant ON versions;
DROP TRIGGER models_shared ON models;
DROP FUNCTION take_tenant_of_model();
DROP FUNCTION share_models_of_library();
ALTER TABLE aliases DROP COLUMN shared, DROP COLUMN tenant_id;
ALTER TABLE versions DROP COLUMN shared, DROP COLUMN tenant_id;
ALTER TABLE models DROP COLUMN shared;
DROP FUNCTION current_tenant();
DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM heddle_tenant', current_schema());
  EXECUTE format('REVOKE ALL ON SCHEMA %I FROM heddle_tenant', current_schema());
  BEGIN
    DROP ROLE heddle_tenant;
  EXCEPTION
    -- Another database of this server needs it still, or has just dropped it; or it is not this account's to drop.
    WHEN dependent_objects_still_exist OR undefined_object OR insufficient_privilege THEN NULL;
  END;
END $$;
