-- Version 1 of a workspace. Times are microseconds since 1970 (UTC). JSON columns hold the domain types as serde writes them.
-- Credentials never stand here: `source` and `destination` hold references only.

CREATE TABLE connection (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_name    TEXT NOT NULL,
  short_name     TEXT NOT NULL UNIQUE,
  time_zone      TEXT NOT NULL,
  source         TEXT NOT NULL,
  destination    TEXT NOT NULL,
  settings       TEXT NOT NULL,
  status         TEXT NOT NULL,
  status_by      TEXT NOT NULL,
  status_at      INTEGER NOT NULL,
  pinned_account TEXT,
  refusals       INTEGER NOT NULL DEFAULT 0,
  made_at        INTEGER NOT NULL
) STRICT;

CREATE TABLE mapping_table (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  kind       TEXT NOT NULL,
  verbatim   INTEGER NOT NULL,
  PRIMARY KEY (connection, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE mapping_row (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  kind       TEXT NOT NULL,
  value      TEXT NOT NULL,
  target     TEXT NOT NULL,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (connection, kind, value)
) STRICT, WITHOUT ROWID;

-- The undo journal: one row per step, `changes` holds every cell before and after.
CREATE TABLE mapping_edit (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  changes    TEXT NOT NULL,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('done', 'undone', 'dropped'))
) STRICT;
CREATE INDEX mapping_edit_by_state ON mapping_edit(connection, state, id);

CREATE TABLE destination_option (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  kind       TEXT NOT NULL,
  key        TEXT NOT NULL,
  name       TEXT NOT NULL,
  active     INTEGER NOT NULL,
  PRIMARY KEY (connection, kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_value (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  kind       TEXT NOT NULL,
  value      TEXT NOT NULL,
  declared   INTEGER NOT NULL,
  PRIMARY KEY (connection, kind, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  purpose    TEXT NOT NULL,
  why        TEXT NOT NULL,
  by         TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at   INTEGER,
  outcome    TEXT NOT NULL,
  plan       INTEGER,
  written    INTEGER NOT NULL DEFAULT 0,
  confirmed  INTEGER NOT NULL DEFAULT 0,
  failed     INTEGER NOT NULL DEFAULT 0,
  held       INTEGER NOT NULL DEFAULT 0,
  unknown    INTEGER NOT NULL DEFAULT 0,
  set_aside  INTEGER NOT NULL DEFAULT 0,
  mails      INTEGER NOT NULL DEFAULT 0,
  problem    TEXT
) STRICT;
CREATE INDEX run_by_connection ON run(connection, id);
CREATE INDEX run_unfinished ON run(connection, id) WHERE outcome IN ('running', 'paused', 'interrupted');

CREATE TABLE run_phase (
  run        INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  phase      TEXT NOT NULL,
  place      INTEGER NOT NULL,
  done       INTEGER NOT NULL,
  total      INTEGER,
  started_at INTEGER NOT NULL,
  ended_at   INTEGER,
  PRIMARY KEY (run, phase)
) STRICT, WITHOUT ROWID;

-- One complete fetch of one side. The rows of old ones are purged, the line itself stays for comparison.
CREATE TABLE snapshot (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  connection  INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  run         INTEGER REFERENCES run(id) ON DELETE SET NULL,
  side        TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('building', 'current', 'kept', 'purged')),
  records     INTEGER NOT NULL DEFAULT 0,
  people      INTEGER NOT NULL DEFAULT 0,
  facts       TEXT,
  begun_at    INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE UNIQUE INDEX snapshot_current ON snapshot(connection, side) WHERE state = 'current';
CREATE INDEX snapshot_by_side ON snapshot(connection, side, state, id);
CREATE INDEX snapshot_by_run ON snapshot(run);

CREATE TABLE employee (
  id         INTEGER PRIMARY KEY,
  snapshot   INTEGER NOT NULL REFERENCES snapshot(id) ON DELETE CASCADE,
  employee   TEXT NOT NULL,
  identifier TEXT NOT NULL,
  in_scope   INTEGER NOT NULL,
  status     TEXT NOT NULL,
  name       TEXT NOT NULL,
  sort_name  TEXT NOT NULL,
  search     TEXT NOT NULL,
  job_title  TEXT,
  branch     TEXT,
  department TEXT,
  record     TEXT NOT NULL,
  raw        TEXT NOT NULL,
  UNIQUE (snapshot, employee)
) STRICT;
-- Lists, sorts, searches and head counts read this index alone and never touch the JSON.
CREATE INDEX employee_list ON employee(snapshot, in_scope, sort_name, employee, status, branch, job_title, department, search);
CREATE INDEX employee_identifier ON employee(snapshot, identifier);

CREATE TABLE destination_user (
  id         INTEGER PRIMARY KEY,
  snapshot   INTEGER NOT NULL REFERENCES snapshot(id) ON DELETE CASCADE,
  user       TEXT NOT NULL,
  identifier TEXT,
  status     TEXT NOT NULL,
  name       TEXT NOT NULL,
  sort_name  TEXT NOT NULL,
  search     TEXT NOT NULL,
  branch     TEXT,
  job_title  TEXT,
  record     TEXT NOT NULL,
  raw        TEXT NOT NULL,
  UNIQUE (snapshot, user)
) STRICT;
CREATE INDEX destination_user_list ON destination_user(snapshot, sort_name, user, status, branch, job_title, search);
CREATE INDEX destination_user_identifier ON destination_user(snapshot, identifier);

CREATE TABLE link (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  employee   TEXT NOT NULL,
  user       TEXT NOT NULL,
  identifier TEXT NOT NULL,
  origin     TEXT NOT NULL,
  at         INTEGER NOT NULL,
  active     INTEGER NOT NULL,
  PRIMARY KEY (connection, employee),
  UNIQUE (connection, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE decision_step (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('done', 'undone', 'dropped'))
) STRICT;
CREATE INDEX decision_step_by_state ON decision_step(connection, state, id);

-- Append-only. The newest row that is not revoked rules; a row without a ruling takes the earlier one back.
CREATE TABLE decision (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  step       INTEGER NOT NULL REFERENCES decision_step(id) ON DELETE CASCADE,
  employee   TEXT NOT NULL,
  ruling     TEXT,
  reason     TEXT,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  key_fields TEXT NOT NULL,
  revoked    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX decision_valid ON decision(connection, employee, id) WHERE revoked = 0;
CREATE INDEX decision_by_step ON decision(step);
CREATE INDEX decision_by_employee ON decision(connection, employee, id);

CREATE TABLE not_same (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  employee   TEXT NOT NULL,
  user       TEXT NOT NULL,
  by         TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (connection, employee, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE plan (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  connection      INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  run             INTEGER REFERENCES run(id) ON DELETE SET NULL,
  hash            TEXT NOT NULL,
  by              TEXT NOT NULL,
  made_at         INTEGER NOT NULL,
  counts          TEXT NOT NULL,
  mails           TEXT NOT NULL,
  limits          TEXT NOT NULL,
  first_import    INTEGER NOT NULL,
  people          INTEGER NOT NULL,
  changed_people  INTEGER NOT NULL,
  ignored_leavers INTEGER NOT NULL,
  future_starters INTEGER NOT NULL,
  operations      INTEGER NOT NULL,
  unmapped        INTEGER NOT NULL,
  blocked         INTEGER NOT NULL,
  review          INTEGER NOT NULL,
  ruled           INTEGER NOT NULL,
  approval        TEXT,
  approved_at     INTEGER
) STRICT;
CREATE INDEX plan_by_connection ON plan(connection, id);
CREATE INDEX plan_by_run ON plan(run);

-- The plan's lines and at the same time the journal: `state` moves, a line is never deleted once it was sent.
CREATE TABLE operation (
  id            INTEGER PRIMARY KEY,
  plan          INTEGER NOT NULL REFERENCES plan(id) ON DELETE CASCADE,
  connection    INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  kind          TEXT NOT NULL,
  employee      TEXT,
  identifier    TEXT,
  user          TEXT,
  option_table  TEXT,
  fields        TEXT NOT NULL,
  note          TEXT,
  withheld      INTEGER NOT NULL DEFAULT 0,
  state         TEXT NOT NULL DEFAULT 'pending',
  before        TEXT,
  answered      TEXT,
  error_code    TEXT,
  error_message TEXT,
  attempts      INTEGER NOT NULL DEFAULT 0,
  sent_at       INTEGER,
  done_at       INTEGER,
  UNIQUE (plan, seq)
) STRICT;
CREATE INDEX operation_by_state ON operation(plan, state, kind, seq);
CREATE INDEX operation_by_kind ON operation(plan, kind, seq);
CREATE INDEX operation_by_person ON operation(plan, employee) WHERE employee IS NOT NULL;
CREATE INDEX operation_of_employee ON operation(connection, employee, id) WHERE employee IS NOT NULL;

CREATE TABLE hold (
  id          INTEGER PRIMARY KEY,
  plan        INTEGER NOT NULL REFERENCES plan(id) ON DELETE CASCADE,
  connection  INTEGER NOT NULL,
  place       INTEGER NOT NULL,
  employee    TEXT NOT NULL,
  code        TEXT NOT NULL,
  kind        TEXT NOT NULL,
  risk        INTEGER NOT NULL,
  probability REAL NOT NULL,
  field       TEXT,
  value       TEXT,
  message     TEXT NOT NULL,
  remedy      TEXT NOT NULL,
  others      TEXT NOT NULL
) STRICT;
CREATE INDEX hold_in_order ON hold(plan, place);
CREATE INDEX hold_by_risk ON hold(plan, kind, risk, probability DESC, place);
CREATE INDEX hold_by_person ON hold(plan, employee, kind, code);
CREATE INDEX hold_by_value ON hold(plan, code, field, value);
CREATE INDEX hold_of_employee ON hold(connection, employee);

CREATE TABLE candidate (
  hold        INTEGER NOT NULL REFERENCES hold(id) ON DELETE CASCADE,
  place       INTEGER NOT NULL,
  user        TEXT NOT NULL,
  weight      REAL NOT NULL,
  probability REAL NOT NULL,
  evidence    TEXT NOT NULL,
  PRIMARY KEY (hold, place)
) STRICT;

-- level: 0 info, 1 warn, 2 error.
CREATE TABLE feed (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  run        INTEGER,
  at         INTEGER NOT NULL,
  level      INTEGER NOT NULL,
  phase      TEXT,
  employee   TEXT,
  what       TEXT NOT NULL,
  text       TEXT NOT NULL
) STRICT;
CREATE INDEX feed_by_connection ON feed(connection, id);
CREATE INDEX feed_warnings ON feed(connection, id) WHERE level >= 1;
CREATE INDEX feed_errors ON feed(connection, id) WHERE level >= 2;
CREATE INDEX feed_by_run ON feed(run, id);
CREATE INDEX feed_by_employee ON feed(connection, employee, id) WHERE employee IS NOT NULL;

CREATE VIRTUAL TABLE feed_text USING fts5(
  what, text, content = 'feed', content_rowid = 'id', tokenize = 'trigram remove_diacritics 1'
);
INSERT INTO feed_text(feed_text, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER feed_text_insert AFTER INSERT ON feed BEGIN
  INSERT INTO feed_text(rowid, what, text) VALUES (new.id, new.what, new.text);
END;
CREATE TRIGGER feed_text_delete AFTER DELETE ON feed BEGIN
  INSERT INTO feed_text(feed_text, rowid, what, text) VALUES ('delete', old.id, old.what, old.text);
END;

-- One applier per connection across processes.
CREATE TABLE lease (
  connection INTEGER PRIMARY KEY REFERENCES connection(id) ON DELETE CASCADE,
  number     INTEGER NOT NULL,
  pid        INTEGER NOT NULL,
  host       TEXT NOT NULL,
  start      TEXT NOT NULL,
  what       TEXT NOT NULL,
  since      INTEGER NOT NULL,
  renewed_at INTEGER NOT NULL,
  held       INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  connection INTEGER REFERENCES connection(id) ON DELETE CASCADE,
  at         INTEGER NOT NULL,
  by         TEXT NOT NULL,
  what       TEXT NOT NULL,
  detail     TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_connection ON audit(connection, id);

CREATE TABLE preference (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
