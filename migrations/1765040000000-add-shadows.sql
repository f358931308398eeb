-- up
-- A version that answers the jobs of an alias a second time, for comparison (docs/decisions/0016-shadows-take-what-is-spare.md).
ALTER TABLE aliases
  ADD COLUMN shadow_version_id uuid REFERENCES versions (id),
  ADD CONSTRAINT aliases_shadow CHECK (shadow_version_id <> version_id);

-- Of a job whose alias has a shadow: that version. Of the second run: the job whose inputs it has. `shadow_due`: the job is still to be run
-- again, the second run still to be compared.
ALTER TABLE jobs
  ADD COLUMN shadow_version_id uuid,
  ADD COLUMN shadow_of uuid REFERENCES jobs (id) ON DELETE CASCADE,
  ADD COLUMN shadow_due boolean NOT NULL DEFAULT false,
  DROP CONSTRAINT jobs_priority_check,
  -- 3: second runs, which come after everything.
  ADD CONSTRAINT jobs_priority_check CHECK (priority BETWEEN 0 AND 3) NOT VALID;
CREATE INDEX jobs_shadow_due ON jobs (completed_at) WHERE shadow_due AND completed_at IS NOT NULL;
CREATE INDEX jobs_shadow_of ON jobs (shadow_of) WHERE shadow_of IS NOT NULL;

-- What came of the comparisons, by task. `difference`: the sum over `differences` scores.
CREATE TABLE shadow_summaries (
  model_id uuid NOT NULL REFERENCES models (id),
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  alias text NOT NULL,
  version_id uuid NOT NULL,
  shadow_version_id uuid NOT NULL,
  task text NOT NULL,
  jobs bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  dropped bigint NOT NULL DEFAULT 0,
  decisions bigint NOT NULL DEFAULT 0,
  same bigint NOT NULL DEFAULT 0,
  differences bigint NOT NULL DEFAULT 0,
  difference float8 NOT NULL DEFAULT 0,
  PRIMARY KEY (model_id, alias, version_id, shadow_version_id, task)
);
ALTER TABLE shadow_summaries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON shadow_summaries TO CURRENT_USER USING (true);
CREATE POLICY own ON shadow_summaries TO heddle_tenant USING (tenant_id = current_tenant());
GRANT SELECT ON shadow_summaries TO heddle_tenant;

-- down
DROP TABLE shadow_summaries;
DELETE FROM jobs WHERE shadow_of IS NOT NULL;
DROP INDEX jobs_shadow_of;
DROP INDEX jobs_shadow_due;
ALTER TABLE jobs
  DROP CONSTRAINT jobs_priority_check,
  ADD CONSTRAINT jobs_priority_check CHECK (priority BETWEEN 0 AND 2) NOT VALID,
  DROP COLUMN shadow_due,
  DROP COLUMN shadow_of,
  DROP COLUMN shadow_version_id;
ALTER TABLE aliases DROP CONSTRAINT aliases_shadow, DROP COLUMN shadow_version_id;
