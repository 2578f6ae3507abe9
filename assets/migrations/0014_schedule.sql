-- Runs that begin by themselves. Slots up to `since` are not owed: they were taken, let pass, or lie before the schedule was
-- made, changed, or its tenant published.
CREATE TABLE schedule_state (
  connection INTEGER PRIMARY KEY REFERENCES connection(id) ON DELETE CASCADE,
  since      INTEGER NOT NULL,
  -- The slot that is let pass, and who said so.
  skip       INTEGER,
  skip_by    TEXT
) STRICT;

-- What became of each slot; whoever inserts the row runs it.
CREATE TABLE schedule_slot (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  slot       INTEGER NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('taken', 'given_back', 'begun', 'ended', 'refused', 'skipped', 'missed')),
  tries      INTEGER NOT NULL,
  taken_at   INTEGER NOT NULL,
  pid        INTEGER NOT NULL,
  host       TEXT NOT NULL,
  start      TEXT NOT NULL,
  run        INTEGER,
  -- The outcome of the run, or why there is none.
  note       TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (connection, slot)
) STRICT, WITHOUT ROWID;

-- Who watches: a sign of life each half minute.
CREATE TABLE schedule_watch (
  pid     INTEGER NOT NULL,
  host    TEXT NOT NULL,
  start   TEXT NOT NULL,
  what    TEXT NOT NULL,
  since   INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  at_once INTEGER NOT NULL,
  PRIMARY KEY (pid, host, start)
) STRICT, WITHOUT ROWID;

-- While there is a row nothing begins by itself.
CREATE TABLE schedule_pause (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  by TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
