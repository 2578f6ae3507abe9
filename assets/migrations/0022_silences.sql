-- A slot whose run met an outage is tried again: how many of its runs ended so, and not before when.
ALTER TABLE schedule_slot ADD COLUMN in_vain INTEGER NOT NULL DEFAULT 0;
ALTER TABLE schedule_slot ADD COLUMN again_at INTEGER;
-- Which runs ended without an answer lately.
CREATE INDEX run_in_vain ON run(ended_at) WHERE outcome IN ('failed', 'interrupted');
