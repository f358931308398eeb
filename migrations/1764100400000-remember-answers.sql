-- up
-- The status code that the request with the job's idempotency key was answered with: what a replay answers. Null while
-- that request waits for the job's end.
ALTER TABLE jobs ADD COLUMN answer_status smallint;

-- down
ALTER TABLE jobs DROP COLUMN answer_status;
