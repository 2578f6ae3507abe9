-- Version 3: what operators saw when they ruled on a pair, and what was learnt from it (MATCHING 5.8).

-- Which version of the model weighed the candidates of a plan; 1 is the model as it was trained.
ALTER TABLE plan ADD COLUMN model INTEGER NOT NULL DEFAULT 1;

-- Versions are never changed or removed. Version 1 has no row: nothing was learnt.
CREATE TABLE model_version (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,
  parent     INTEGER NOT NULL,
  learned    TEXT NOT NULL,
  rulings    INTEGER NOT NULL,
  verdict    TEXT NOT NULL,
  difference TEXT NOT NULL,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (connection, version)
) STRICT, WITHOUT ROWID;

-- Append-only: the newest row says which version is in use.
CREATE TABLE model_use (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  version    INTEGER NOT NULL,
  back       INTEGER NOT NULL,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL
) STRICT;
CREATE INDEX model_use_by_connection ON model_use(connection, id);

-- Pairs that were drawn by chance to be judged, with what was shown. `rate` is the share of its stratum that was drawn.
CREATE TABLE audit_item (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  draw       INTEGER NOT NULL,
  stratum    TEXT NOT NULL,
  rate       REAL NOT NULL,
  employee   TEXT NOT NULL,
  user       TEXT NOT NULL,
  model      INTEGER NOT NULL,
  weight     REAL NOT NULL,
  levels     TEXT NOT NULL,
  candidate  TEXT NOT NULL,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_item_by_connection ON audit_item(connection, id);

-- Append-only: every ruling on a pair with what the operator saw; no value of anybody, only how the fields agreed.
-- `decision` or `audit_item` say where it came from; neither is a "not the same". NULL levels: nothing was weighed.
CREATE TABLE ruling_pair (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  connection  INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  decision    INTEGER REFERENCES decision(id) ON DELETE CASCADE,
  audit_item  INTEGER REFERENCES audit_item(id) ON DELETE CASCADE,
  employee    TEXT NOT NULL,
  user        TEXT NOT NULL,
  same        INTEGER NOT NULL,
  model       INTEGER NOT NULL,
  weight      REAL,
  probability REAL,
  levels      TEXT,
  sampling    TEXT NOT NULL,
  by          TEXT NOT NULL,
  at          INTEGER NOT NULL,
  revoked     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX ruling_pair_by_connection ON ruling_pair(connection, id);
CREATE INDEX ruling_pair_by_decision ON ruling_pair(decision) WHERE decision IS NOT NULL;
CREATE INDEX ruling_pair_by_item ON ruling_pair(audit_item) WHERE audit_item IS NOT NULL;
CREATE INDEX ruling_pair_by_person ON ruling_pair(connection, employee, user);
