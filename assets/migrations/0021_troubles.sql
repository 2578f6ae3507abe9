-- What keeps a tenant's feed from working, with a life (domain/trouble): a row from the moment it is found until it is closed, and 90 days
-- longer. `code` and `about` are its cause: open once at most. `told`: it was mailed as it is, or nothing of it is to be.
CREATE TABLE trouble (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  connection  INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  code        TEXT NOT NULL,
  about       TEXT NOT NULL,
  grade       TEXT NOT NULL CHECK (grade IN ('part', 'whole', 'halted')),
  what        TEXT NOT NULL,
  why         TEXT NOT NULL,
  people      INTEGER NOT NULL,
  opened_at   INTEGER NOT NULL,
  opened_by   INTEGER,
  last_at     INTEGER NOT NULL,
  last_run    INTEGER,
  times       INTEGER NOT NULL,
  seen_by     TEXT,
  seen_at     INTEGER,
  mute_by     TEXT,
  mute_at     INTEGER,
  mute_until  INTEGER,
  mute_people INTEGER,
  works_since INTEGER,
  closed_at   INTEGER,
  told        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX trouble_open ON trouble(connection, code, about) WHERE closed_at IS NULL;
CREATE INDEX trouble_closed ON trouble(connection, closed_at) WHERE closed_at IS NOT NULL;

-- A time in which nothing succeeded anywhere, of which one mail tells all. It ends with the first success.
CREATE TABLE outage (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  since     INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  subject   TEXT NOT NULL,
  body      TEXT NOT NULL,
  html      TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX outage_open ON outage(ifnull(closed_at, 0)) WHERE closed_at IS NULL;

-- The outbox, no longer of runs alone: a mail is about a run, a trouble that no run found, or an outage. `mark` tells mails about the
-- same thing apart. `not_before`: it waits whether one mail will tell of all tenants.
CREATE TABLE report_new (
  id         INTEGER PRIMARY KEY,
  connection INTEGER REFERENCES connection(id) ON DELETE CASCADE,
  run        INTEGER REFERENCES run(id) ON DELETE CASCADE,
  trouble    INTEGER REFERENCES trouble(id) ON DELETE CASCADE,
  outage     INTEGER REFERENCES outage(id) ON DELETE CASCADE,
  mark       TEXT NOT NULL DEFAULT '',
  recipient  TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'unknown', 'given_up')),
  queued_at  INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  tries      INTEGER NOT NULL DEFAULT 0,
  why        TEXT NOT NULL DEFAULT '',
  not_before INTEGER,
  CHECK ((run IS NOT NULL) + (trouble IS NOT NULL) + (outage IS NOT NULL) = 1)
) STRICT;
INSERT INTO report_new(id, connection, run, recipient, state, queued_at, at, tries, why)
  SELECT id, connection, run, recipient, state, queued_at, at, tries, why FROM report;
DROP TABLE report;
ALTER TABLE report_new RENAME TO report;
CREATE UNIQUE INDEX report_of_run ON report(run, recipient, mark) WHERE run IS NOT NULL;
CREATE UNIQUE INDEX report_of_trouble ON report(trouble, recipient, mark) WHERE trouble IS NOT NULL;
CREATE UNIQUE INDEX report_of_outage ON report(outage, recipient) WHERE outage IS NOT NULL;
CREATE INDEX report_open ON report(state, at) WHERE state IN ('queued', 'sending');
CREATE INDEX report_by_connection ON report(connection);
