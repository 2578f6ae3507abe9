-- What an approved line met when it was not sent: the cause, the side that moved, and each field as it stood then. Set for lines that
-- were skipped or parked, and for those that were there already.
ALTER TABLE operation ADD COLUMN moved TEXT;
UPDATE operation SET moved = '{"cause":"parked","by":"destination"}' WHERE state = 'set_aside' AND error_code = 'PARKED';
CREATE INDEX operation_moved ON operation(plan, state, kind, seq) WHERE moved IS NOT NULL;

-- Of `written`: those that were there already. Of `set_aside`: those that the destination parked.
ALTER TABLE run ADD COLUMN already INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN parked INTEGER NOT NULL DEFAULT 0;
