-- Figures that screens show at once: a million rows are not counted for a key.

-- Counts that the tables themselves keep true: links by origin, lines of the feed log by level.
CREATE TABLE tally (
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  what       TEXT NOT NULL CHECK (what IN ('link', 'feed')),
  key        TEXT NOT NULL,
  count      INTEGER NOT NULL,
  PRIMARY KEY (connection, what, key)
) STRICT, WITHOUT ROWID;
INSERT INTO tally SELECT connection, 'link', origin, count(*) FROM link GROUP BY connection, origin;
INSERT INTO tally SELECT connection, 'feed', CAST(level AS TEXT), count(*) FROM feed GROUP BY connection, level;

CREATE TRIGGER link_tally_insert AFTER INSERT ON link BEGIN
  INSERT INTO tally VALUES (new.connection, 'link', new.origin, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER link_tally_update AFTER UPDATE OF origin ON link WHEN new.origin <> old.origin BEGIN
  UPDATE tally SET count = count - 1 WHERE connection = old.connection AND what = 'link' AND key = old.origin;
  INSERT INTO tally VALUES (new.connection, 'link', new.origin, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER link_tally_delete AFTER DELETE ON link BEGIN
  UPDATE tally SET count = count - 1 WHERE connection = old.connection AND what = 'link' AND key = old.origin;
END;
CREATE TRIGGER feed_tally_insert AFTER INSERT ON feed BEGIN
  INSERT INTO tally VALUES (new.connection, 'feed', CAST(new.level AS TEXT), 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER feed_tally_delete AFTER DELETE ON feed BEGIN
  UPDATE tally SET count = count - 1 
    WHERE connection = old.connection AND what = 'feed' AND key = CAST(old.level AS TEXT);
END;

-- Of a complete pull: everybody in scope, and how many carry each value (in scope, leavers aside). Read anew where somebody
-- is forgotten.
ALTER TABLE snapshot ADD COLUMN in_scope INTEGER;
CREATE TABLE value_count (
  snapshot INTEGER NOT NULL REFERENCES snapshot(id) ON DELETE CASCADE,
  kind     TEXT NOT NULL,
  value    TEXT NOT NULL,
  people   INTEGER NOT NULL,
  PRIMARY KEY (snapshot, kind, value)
) STRICT, WITHOUT ROWID;

UPDATE snapshot SET in_scope = (SELECT count(*) FROM employee e WHERE e.snapshot = snapshot.id AND e.in_scope = 1)
 WHERE side = 'source' AND state = 'current';
INSERT INTO value_count SELECT e.snapshot, 'branch', e.branch, count(*) FROM snapshot s JOIN employee e ON e.snapshot = s.id
 WHERE s.side = 'source' AND s.state = 'current' AND e.in_scope = 1 AND e.status <> 'ended' AND e.branch IS NOT NULL
 GROUP BY e.snapshot, e.branch;
INSERT INTO value_count SELECT e.snapshot, 'department', e.department, count(*) FROM snapshot s JOIN employee e ON e.snapshot = s.id
 WHERE s.side = 'source' AND s.state = 'current' AND e.in_scope = 1 AND e.status <> 'ended' AND e.department IS NOT NULL
 GROUP BY e.snapshot, e.department;
INSERT INTO value_count SELECT e.snapshot, 'job_title', e.job_title, count(*) FROM snapshot s JOIN employee e ON e.snapshot = s.id
 WHERE s.side = 'source' AND s.state = 'current' AND e.in_scope = 1 AND e.status <> 'ended' AND e.job_title IS NOT NULL
 GROUP BY e.snapshot, e.job_title;

-- Of a plan: what is held and changed, in figures. NULL (an older plan, or somebody was forgotten) is read from its rows.
ALTER TABLE plan ADD COLUMN figures TEXT;
-- Numbers of its lines of a kind as Plan lists them, in the order of the pull that they were made from.
CREATE TABLE plan_list (
  plan     INTEGER NOT NULL REFERENCES plan(id) ON DELETE CASCADE,
  kind     TEXT NOT NULL,
  snapshot INTEGER NOT NULL,
  ids      BLOB NOT NULL,
  PRIMARY KEY (plan, kind)
) STRICT;
