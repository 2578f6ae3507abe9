-- What HR has to put right in the source: open from the first plan of a run that meets it until a later one shows that it is
-- over. No employee: a fault for everybody.
CREATE TABLE fix_line (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  employee   TEXT NOT NULL,
  code       TEXT NOT NULL,
  field      TEXT NOT NULL,
  opened_at  INTEGER NOT NULL,
  closed_at  INTEGER,
  closed     TEXT CHECK (closed IN ('cured', 'gone', 'ruled')),
  PRIMARY KEY (connection, employee, code, field)
) STRICT, WITHOUT ROWID;

-- Further fields that are missing of whoever is held for one.
ALTER TABLE hold ADD COLUMN also TEXT NOT NULL DEFAULT '[]';
