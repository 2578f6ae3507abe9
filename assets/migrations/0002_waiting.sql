-- Who waits in Review for a ruling about a user, by match weight; `seen` is a digest of what was compared.
ALTER TABLE hold ADD COLUMN seen TEXT;

CREATE TABLE waiting (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  employee   TEXT NOT NULL,
  user       TEXT NOT NULL,
  seen       TEXT NOT NULL,
  PRIMARY KEY (connection, employee)
) STRICT, WITHOUT ROWID;
