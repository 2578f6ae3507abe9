-- Each entry of the audit carries the hash of the one before it. What it is about (detail) is sealed with a salt of its own, so
-- that forgetting a person, a tenant or old times takes the words away and leaves the chain whole. An entry without a hash was
-- written before there was a chain. No foreign key: who changed what outlives the tenant, without the words.
CREATE TABLE chained_audit (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection INTEGER,
  at         INTEGER NOT NULL,
  by         TEXT NOT NULL,
  through    TEXT NOT NULL,
  what       TEXT NOT NULL,
  detail     TEXT NOT NULL,
  salt       TEXT,
  seal       TEXT,
  hash       TEXT,
  gone       INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO chained_audit(id, connection, at, by, through, what, detail)
  SELECT id, connection, at, by, '', what, detail FROM audit;
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'audit') WHERE name = 'chained_audit';
INSERT INTO sqlite_sequence(name, seq)
  SELECT 'chained_audit', seq FROM sqlite_sequence WHERE name = 'audit'
    AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'chained_audit');
DROP TABLE audit;
ALTER TABLE chained_audit RENAME TO audit;
CREATE INDEX audit_by_connection ON audit(connection, id);
