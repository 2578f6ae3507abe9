-- A plan that goes in waves: how each of them stands. Whoever runs it writes this; any process reads at which gate it waits and can
-- let that wave go, once. Kept as long as the plan. `number` counts from 0; `let_go_by` is empty where the time of the gate was over.
CREATE TABLE wave (
  plan INTEGER NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
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
  PRIMARY KEY (plan, number)
) STRICT, WITHOUT ROWID;
