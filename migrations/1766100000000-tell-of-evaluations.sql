-- up
-- What has happened to an evaluation, in its order: a change of state is {"status", "at", "sequence"}, progress the number of
-- answers. An entry's place, from 1 on, is the number of its event.
ALTER TABLE evaluations ADD COLUMN history jsonb NOT NULL DEFAULT '[]';
UPDATE evaluations SET history =
  jsonb_build_array(jsonb_build_object('status', 'queued', 'at', created_at, 'sequence', 1))
  || CASE WHEN started_at IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('status', 'running', 'at', started_at, 'sequence', 2)) END
  || CASE WHEN completed_at IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('status', state, 'at', completed_at, 'sequence', sequence)) END;

-- down
ALTER TABLE evaluations DROP COLUMN history;
