-- What rehearsing a plan has shown: one row a plan, kept as long as it. `result` is JSON (domain/rehearsal.rs).
CREATE TABLE rehearsal (
  plan INTEGER PRIMARY KEY REFERENCES plan (id) ON DELETE CASCADE,
  connection INTEGER NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  by TEXT NOT NULL,
  at INTEGER NOT NULL,
  result TEXT NOT NULL
) STRICT;
CREATE INDEX rehearsal_connection ON rehearsal (connection);
