-- At which gate between its waves the run of a lease waits, as JSON (domain/waves.rs): who looks on from another process knows it too.
ALTER TABLE lease ADD COLUMN gate TEXT;
