-- What was said for a line of a plan: one attempt at a request and its answer, masked (JSON).
CREATE TABLE exchange (
  id         INTEGER PRIMARY KEY,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  run        INTEGER NOT NULL,
  plan       INTEGER NOT NULL REFERENCES plan(id) ON DELETE CASCADE,
  seq        INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  said       TEXT NOT NULL
) STRICT;
CREATE INDEX exchange_of_line ON exchange(plan, seq, at);
CREATE INDEX exchange_by_age ON exchange(connection, at);
