-- up
-- Jobs of a paused version are accepted and stay queued: none is dispatched or claimed.
ALTER TABLE versions ADD COLUMN paused_at timestamptz;
-- Read by every claim and dispatch, and nearly always empty.
CREATE INDEX versions_paused ON versions (id) WHERE paused_at IS NOT NULL;

-- down
DROP INDEX versions_paused;
ALTER TABLE versions DROP COLUMN paused_at;
