-- up
-- Which interface a job came in by, and indexes for lists that would otherwise read everything a tenant ever did to fill
-- a page: of the few jobs that did not succeed, and of jobs with metadata.
ALTER TABLE jobs ADD COLUMN source text NOT NULL DEFAULT 'native';
CREATE INDEX jobs_unsuccessful ON jobs (tenant_id, id DESC) WHERE state IN ('failed', 'canceled', 'expired');
CREATE INDEX jobs_metadata ON jobs USING gin (metadata jsonb_path_ops) WHERE metadata <> '{}';

-- down
DROP INDEX jobs_metadata;
DROP INDEX jobs_unsuccessful;
ALTER TABLE jobs DROP COLUMN source;
