-- Records of the source that look like one person: who stands beside whom, what was ruled about it, and who waits for that.
ALTER TABLE hold ADD COLUMN beside TEXT NOT NULL DEFAULT '[]';
-- Linked records of one person, as far as the plan can tell: two users already.
ALTER TABLE plan ADD COLUMN doubled TEXT NOT NULL DEFAULT '[]';

-- Append-only, undone with its step. The newest row of an ordered pair that is not revoked counts. `verdict` is about `employee`
-- alone: distinct (a user of its own), same (the other record counts), open (taken back). `seen` digests the key fields of both.
CREATE TABLE distinct_employees (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  step       INTEGER NOT NULL REFERENCES decision_step(id) ON DELETE CASCADE,
  employee   TEXT NOT NULL,
  other      TEXT NOT NULL,
  verdict    TEXT NOT NULL CHECK (verdict IN ('distinct', 'same', 'open')),
  seen       TEXT NOT NULL,
  reason     TEXT,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  revoked    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX distinct_employees_valid ON distinct_employees(connection, employee, other, id) WHERE revoked = 0;
CREATE INDEX distinct_employees_by_step ON distinct_employees(step);

CREATE TABLE waiting_beside (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  employee   TEXT NOT NULL,
  other      TEXT NOT NULL,
  seen       TEXT NOT NULL,
  PRIMARY KEY (connection, employee, other)
) STRICT, WITHOUT ROWID;
