-- Waves belong to a run, not to its plan: another run of the plan, approved anew, waits at its own gates. What stands there was of
-- the last run that carried the plan out.
ALTER TABLE wave RENAME TO wave_of_plan;
CREATE TABLE wave (
  run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  waves INTEGER NOT NULL,
  label TEXT NOT NULL,
  people INTEGER NOT NULL,
  changes INTEGER NOT NULL,
  mails INTEGER NOT NULL,
  gate_at INTEGER,
  opens_after INTEGER,
  let_go_at INTEGER,
  let_go_by TEXT,
  begun_at INTEGER,
  judged_at INTEGER,
  clean INTEGER,
  confirmed INTEGER,
  refused INTEGER,
  unknown INTEGER,
  unequal INTEGER,
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;
INSERT INTO wave
SELECT (SELECT max(r.id) FROM run r WHERE r.plan = w.plan AND r.purpose = 'sync'), number, waves, label, people, changes, mails,
       gate_at, opens_after, let_go_at, let_go_by, begun_at, judged_at, clean, confirmed, refused, unknown, unequal
FROM wave_of_plan w
WHERE EXISTS (SELECT 1 FROM run r WHERE r.plan = w.plan AND r.purpose = 'sync');
DROP TABLE wave_of_plan;
