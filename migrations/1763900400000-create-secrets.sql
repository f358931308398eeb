-- up
-- Random secrets that processes share and that survive restarts, e.g. the one that cursors are signed with.
CREATE TABLE secrets (
  name text PRIMARY KEY,
  value bytea NOT NULL
);

-- down
DROP TABLE secrets;
