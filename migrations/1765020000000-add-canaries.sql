-- up
-- A version on trial: it answers `canary_percent` of the jobs that name the alias, since `canary_since`.
ALTER TABLE aliases
  ADD COLUMN canary_version_id uuid REFERENCES versions (id),
  ADD COLUMN canary_percent smallint,
  ADD COLUMN canary_since timestamptz,
  ADD CONSTRAINT aliases_canary CHECK (
    (canary_version_id IS NULL AND canary_percent IS NULL AND canary_since IS NULL)
    OR (canary_version_id IS NOT NULL AND canary_percent BETWEEN 1 AND 99 AND canary_since IS NOT NULL
        AND canary_version_id <> version_id));
-- Whether a job was given to the canary of its alias.
ALTER TABLE jobs ADD COLUMN canary boolean NOT NULL DEFAULT false;

-- down
ALTER TABLE jobs DROP COLUMN canary;
ALTER TABLE aliases
  DROP CONSTRAINT aliases_canary,
  DROP COLUMN canary_since,
  DROP COLUMN canary_percent,
  DROP COLUMN canary_version_id;
