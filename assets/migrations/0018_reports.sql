-- The outbox of report mails: a row for each recipient of each run, made in the transaction that ends the run. `sending` is on
-- disk before the mail leaves; what is found so later is `unknown`, and is not sent again: it may have arrived.
CREATE TABLE report (
  id         INTEGER PRIMARY KEY,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  run        INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  recipient  TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'unknown', 'given_up')),
  queued_at  INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  tries      INTEGER NOT NULL DEFAULT 0,
  why        TEXT NOT NULL DEFAULT '',
  UNIQUE (run, recipient)
) STRICT;
CREATE INDEX report_open ON report(state, at) WHERE state IN ('queued', 'sending');
CREATE INDEX report_by_connection ON report(connection);
