-- Of a run: what set it off, whom it is about, where it writes, and as which wave of an import. What else there is to say stays in `why`.
ALTER TABLE run ADD COLUMN set_off_by TEXT NOT NULL DEFAULT 'hand';
ALTER TABLE run ADD COLUMN scope TEXT NOT NULL DEFAULT '"everybody"';
ALTER TABLE run ADD COLUMN target TEXT NOT NULL DEFAULT 'destination';
ALTER TABLE run ADD COLUMN wave TEXT;
UPDATE run SET set_off_by = why WHERE why IN ('schedule', 'webhook');
UPDATE run SET why = '' WHERE why IN ('by hand', 'schedule', 'webhook');
UPDATE run SET why = substr(why, 10) WHERE why LIKE 'by hand, %';
