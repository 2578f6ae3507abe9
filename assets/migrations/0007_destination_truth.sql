-- An option of which the destination has two active ones under one key: which of them is meant cannot be told.
ALTER TABLE destination_option ADD COLUMN doubled INTEGER NOT NULL DEFAULT 0;

-- People whom the destination parked instead of creating them: read with every plan.
CREATE INDEX operation_parked ON operation(connection, employee, done_at) WHERE error_code = 'PARKED';
