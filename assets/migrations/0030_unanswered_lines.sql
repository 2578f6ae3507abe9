-- Of the lines of a run that failed: those that no answer came to. The destination has refused the others.
ALTER TABLE run ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0;
UPDATE run SET unanswered = (
  SELECT count(*) FROM operation WHERE operation.plan = run.plan AND operation.state = 'failed' AND operation.error_code = 'NO_ANSWER'
) WHERE failed > 0 AND plan IS NOT NULL;
