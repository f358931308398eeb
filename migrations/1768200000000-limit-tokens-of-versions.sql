-- up
-- Longest input that a version takes where its owner wants less than it was imported for, which null means.
ALTER TABLE versions ADD COLUMN max_tokens int CHECK (max_tokens >= 8);

-- down
ALTER TABLE versions DROP COLUMN max_tokens;
