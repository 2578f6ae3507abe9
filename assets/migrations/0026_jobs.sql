-- A rehearsal is kept with its plan and a wave is a part of a run: neither was ever a run of its own.
ALTER TABLE run DROP COLUMN target;
ALTER TABLE run DROP COLUMN wave;
