-- up
-- The tenant before the age: the oldest jobs of every tenant are found without reading through another's backlog.
CREATE INDEX jobs_undispatched_by_flow ON jobs (version_id, priority, tenant_id, id)
  WHERE state = 'queued' AND dispatched_at IS NULL;
DROP INDEX jobs_undispatched;

-- down
CREATE INDEX jobs_undispatched ON jobs (version_id, priority, id) WHERE state = 'queued' AND dispatched_at IS NULL;
DROP INDEX jobs_undispatched_by_flow;
