-- up
-- What an evaluation of a version must show before one of the `gated` aliases may lead to it.
ALTER TABLE models
  ADD COLUMN gates json NOT NULL DEFAULT '[]',
  ADD COLUMN gated text[] NOT NULL DEFAULT '{production}';

-- down
ALTER TABLE models DROP COLUMN gated, DROP COLUMN gates;
