-- up
-- Loaded by every worker ahead of its first job, and never unloaded to make room for others.
ALTER TABLE versions ADD COLUMN warm boolean NOT NULL DEFAULT false;

-- down
ALTER TABLE versions DROP COLUMN warm;
