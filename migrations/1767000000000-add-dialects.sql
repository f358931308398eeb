-- up
-- What the interface a job or a batch came in by shows of it beside what every one has: no texts.
ALTER TABLE jobs ADD COLUMN dialect json;
ALTER TABLE batches ADD COLUMN dialect json;
-- Files that clients of a dialect keep for what is not done here, with what they call it.
ALTER TABLE files ADD COLUMN label text;
ALTER TABLE files DROP CONSTRAINT files_purpose_check;
ALTER TABLE files ADD CONSTRAINT files_purpose_check
  CHECK (purpose IN ('model', 'dataset', 'batch', 'batch_output', 'batch_error', 'other'));

-- down
-- Contents that no row names any more are removed.
INSERT INTO content_removals (sha256) SELECT DISTINCT sha256 FROM files WHERE purpose = 'other' ON CONFLICT DO NOTHING;
DELETE FROM files WHERE purpose = 'other';
ALTER TABLE files DROP CONSTRAINT files_purpose_check;
ALTER TABLE files ADD CONSTRAINT files_purpose_check CHECK (purpose IN ('model', 'dataset', 'batch', 'batch_output', 'batch_error'));
ALTER TABLE files DROP COLUMN label;
-- Their lines cannot be read any more.
UPDATE batches SET state = 'failed', completed_at = now(), expires_at = now() + interval '60 days', sequence = sequence + 1,
  history = history || jsonb_build_array(jsonb_build_object('status', 'failed', 'at', now()))
  WHERE dialect IS NOT NULL AND completed_at IS NULL;
ALTER TABLE batches DROP COLUMN dialect;
ALTER TABLE jobs DROP COLUMN dialect;
