-- One address for each tenant under which its source may tell of changes; the token itself is kept nowhere.
CREATE TABLE webhook_address (
  connection INTEGER PRIMARY KEY REFERENCES connection(id) ON DELETE CASCADE,
  token_hash BLOB NOT NULL UNIQUE,
  made_at    INTEGER NOT NULL,
  made_by    TEXT NOT NULL
) STRICT;

-- What was received, on disk before it is answered. Of the body only a digest is kept.
CREATE TABLE webhook_delivery (
  id          INTEGER PRIMARY KEY,
  connection  INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  received_at INTEGER NOT NULL,
  event       TEXT NOT NULL,
  people      TEXT NOT NULL,
  digest      BLOB NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('queued', 'taken', 'done', 'ignored', 'refused')),
  -- Why it is ignored or refused, or what its run came to.
  note        TEXT NOT NULL DEFAULT '',
  run         INTEGER,
  tries       INTEGER NOT NULL DEFAULT 0,
  not_before  INTEGER,
  pid         INTEGER,
  host        TEXT,
  start       TEXT
) STRICT;

CREATE INDEX webhook_delivery_open ON webhook_delivery(connection) WHERE state IN ('queued', 'taken');
CREATE INDEX webhook_delivery_received ON webhook_delivery(connection, received_at);
CREATE INDEX webhook_delivery_digest ON webhook_delivery(connection, digest);
