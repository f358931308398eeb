-- up
-- Version id → seconds since a worker took it into quarantine, told with every heartbeat.
ALTER TABLE workers ADD COLUMN quarantined jsonb NOT NULL DEFAULT '{}';

-- down
ALTER TABLE workers DROP COLUMN quarantined;
