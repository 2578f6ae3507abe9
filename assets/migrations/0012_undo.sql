-- Of a run: the run that it takes back.
ALTER TABLE run ADD COLUMN undoes INTEGER;
CREATE INDEX run_by_undone ON run(undoes) WHERE undoes IS NOT NULL;
