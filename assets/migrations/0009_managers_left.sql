-- Of a plan: managers who are not written, and why.
CREATE TABLE manager_left (
  plan       INTEGER NOT NULL REFERENCES plan(id) ON DELETE CASCADE,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  employee   TEXT NOT NULL,
  manager    TEXT NOT NULL,
  why        TEXT NOT NULL,
  PRIMARY KEY (plan, employee)
) STRICT, WITHOUT ROWID;
