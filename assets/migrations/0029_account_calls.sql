-- Which process calls which account of a vendor, and what it has in the vendor's windows ({"60": 412}): what the vendor allows is for
-- all of them together. `account` is a digest. A row goes an hour after its last sign of life.
CREATE TABLE account_call (
  account TEXT NOT NULL,
  pid INTEGER NOT NULL,
  host TEXT NOT NULL,
  start TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  used TEXT NOT NULL,
  PRIMARY KEY (account, pid, host, start)
) STRICT, WITHOUT ROWID;
