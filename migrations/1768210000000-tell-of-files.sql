-- up
-- What the interface that a file came in by shows of it beside what every file has.
ALTER TABLE files ADD COLUMN dialect json;

-- down
ALTER TABLE files DROP COLUMN dialect;
