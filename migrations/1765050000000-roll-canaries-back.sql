-- up
-- When a canary is taken away by itself: what the API calls `rollback`.
ALTER TABLE aliases ADD COLUMN canary_rollback jsonb;
-- What a canary has answered of late.
CREATE INDEX jobs_of_canaries ON jobs (version_id, completed_at) WHERE canary AND completed_at IS NOT NULL;

-- down
DROP INDEX jobs_of_canaries;
ALTER TABLE aliases DROP COLUMN canary_rollback;
