-- up
-- A file of OpenAI's form names its model in its lines: where none does, the batch has failed without one.
ALTER TABLE batches ALTER COLUMN version_id DROP NOT NULL, ALTER COLUMN task DROP NOT NULL;
-- Not valid, so that no row is looked at under the lock: those that are there have both.
ALTER TABLE batches ADD CONSTRAINT batches_version_check CHECK (
  (version_id IS NULL) = (task IS NULL) AND (version_id IS NOT NULL OR state = 'failed')) NOT VALID;

-- down
DELETE FROM batches WHERE version_id IS NULL;
ALTER TABLE batches DROP CONSTRAINT batches_version_check;
ALTER TABLE batches ALTER COLUMN version_id SET NOT NULL, ALTER COLUMN task SET NOT NULL;
