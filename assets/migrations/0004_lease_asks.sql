-- Which run the holder of a lease works on, and what another process asks of it (`pause`, `stop`), by whom.
ALTER TABLE lease ADD COLUMN run INTEGER;
ALTER TABLE lease ADD COLUMN asked TEXT;
ALTER TABLE lease ADD COLUMN asked_by TEXT;
