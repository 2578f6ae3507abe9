-- Of records that have one identifier or one e-mail: yields (the other one keeps it), without_email (synced without it).
-- They stood as `distinct` before, with their name before what was seen.
CREATE TABLE wider_distinct_employees (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  step       INTEGER NOT NULL REFERENCES decision_step(id) ON DELETE CASCADE,
  employee   TEXT NOT NULL,
  other      TEXT NOT NULL,
  verdict    TEXT NOT NULL CHECK (verdict IN ('distinct', 'same', 'yields', 'without_email', 'open')),
  seen       TEXT NOT NULL,
  reason     TEXT,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  revoked    INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO wider_distinct_employees(id, connection, step, employee, other, verdict, seen, reason, by, at, revoked)
  SELECT id, connection, step, employee, other,
    CASE WHEN verdict <> 'distinct' THEN verdict
         WHEN seen LIKE 'yields:%' THEN 'yields'
         WHEN seen LIKE 'without_email:%' THEN 'without_email'
         ELSE verdict END,
    CASE WHEN verdict <> 'distinct' THEN seen
         WHEN seen LIKE 'yields:%' THEN substr(seen, length('yields:') + 1)
         WHEN seen LIKE 'without_email:%' THEN substr(seen, length('without_email:') + 1)
         ELSE seen END,
    reason, by, at, revoked FROM distinct_employees;
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'distinct_employees')
  WHERE name = 'wider_distinct_employees';
INSERT INTO sqlite_sequence(name, seq)
  SELECT 'wider_distinct_employees', seq FROM sqlite_sequence WHERE name = 'distinct_employees'
    AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'wider_distinct_employees');
DROP TABLE distinct_employees;
ALTER TABLE wider_distinct_employees RENAME TO distinct_employees;
CREATE INDEX distinct_employees_valid ON distinct_employees(connection, employee, other, id) WHERE revoked = 0;
CREATE INDEX distinct_employees_by_step ON distinct_employees(step);
