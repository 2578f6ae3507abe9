-- What was told of all tenants: the digest of each due moment once (`slot`), those by hand without one. Slots up to `since` are not owed;
-- a schedule that is asked for the first time owes nothing that lies before.
CREATE TABLE digest (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  slot    INTEGER,
  since   INTEGER NOT NULL,
  until   INTEGER NOT NULL,
  subject TEXT NOT NULL,
  body    TEXT NOT NULL,
  html    TEXT NOT NULL
) STRICT;
CREATE TABLE digest_state (
  schedule TEXT NOT NULL,
  zone     TEXT NOT NULL,
  since    INTEGER NOT NULL,
  PRIMARY KEY (schedule, zone)
) STRICT, WITHOUT ROWID;

-- Which run has shown that a trouble works again, which one that it is back, and what was told of that.
ALTER TABLE trouble ADD COLUMN works_by INTEGER;
ALTER TABLE trouble ADD COLUMN back_by INTEGER;
ALTER TABLE trouble ADD COLUMN recovery TEXT NOT NULL DEFAULT 'untold' CHECK (recovery IN ('untold', 'told', 'relapsed'));

-- The outbox, no longer of mails alone (`way`), and of digests. `held`: it waits whether one message will tell of all tenants, until
-- `not_before`; that alone is when it is tried again.
CREATE TABLE report_new (
  id         INTEGER PRIMARY KEY,
  connection INTEGER REFERENCES connection(id) ON DELETE CASCADE,
  run        INTEGER REFERENCES run(id) ON DELETE CASCADE,
  trouble    INTEGER REFERENCES trouble(id) ON DELETE CASCADE,
  outage     INTEGER REFERENCES outage(id) ON DELETE CASCADE,
  digest     INTEGER REFERENCES digest(id) ON DELETE CASCADE,
  way        TEXT NOT NULL DEFAULT 'mail' CHECK (way IN ('mail', 'chat')),
  mark       TEXT NOT NULL DEFAULT '',
  recipient  TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'unknown', 'given_up')),
  queued_at  INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  tries      INTEGER NOT NULL DEFAULT 0,
  why        TEXT NOT NULL DEFAULT '',
  not_before INTEGER,
  held       INTEGER NOT NULL DEFAULT 0,
  CHECK ((run IS NOT NULL) + (trouble IS NOT NULL) + (outage IS NOT NULL) + (digest IS NOT NULL) = 1)
) STRICT;
INSERT INTO report_new(id, connection, run, trouble, outage, mark, recipient, state, queued_at, at, tries, why, not_before, held)
  SELECT id, connection, run, trouble, outage, mark, recipient, state, queued_at, at, tries, why, not_before, not_before IS NOT NULL
  FROM report;
DROP TABLE report;
ALTER TABLE report_new RENAME TO report;
CREATE UNIQUE INDEX report_of_run ON report(run, way, recipient, mark) WHERE run IS NOT NULL;
CREATE UNIQUE INDEX report_of_trouble ON report(trouble, way, recipient, mark) WHERE trouble IS NOT NULL;
CREATE UNIQUE INDEX report_of_outage ON report(outage, way, recipient) WHERE outage IS NOT NULL;
CREATE UNIQUE INDEX report_of_digest ON report(digest, way, recipient) WHERE digest IS NOT NULL;
CREATE INDEX report_open ON report(state, at) WHERE state IN ('queued', 'sending');
CREATE INDEX report_by_connection ON report(connection);
