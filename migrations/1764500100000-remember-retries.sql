-- up
-- Changes of state between a job's first claim and its end, of jobs that were claimed more than once or given back: null
-- for nearly all. The others are in the row already (docs/decisions/0011-events-from-the-row.md).
ALTER TABLE jobs ADD COLUMN history jsonb;

-- down
ALTER TABLE jobs DROP COLUMN history;
