-- up
-- Where nearly all jobs have ended, Postgres takes the open ones for none at all, and reading a whole index of open jobs
-- for less work than looking up some by id. So these indexes cover them in words that only those statements use which
-- want them all or the oldest: a job is open while completed_at is null, and leased while lease_until is not.
CREATE INDEX jobs_open_by_deadline ON jobs (deadline) WHERE completed_at IS NULL;
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until IS NOT NULL;
DROP INDEX jobs_deadlines;
DROP INDEX jobs_leases;

-- down
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_deadlines ON jobs (deadline) WHERE state IN ('queued', 'running');
DROP INDEX jobs_leased;
DROP INDEX jobs_open_by_deadline;
