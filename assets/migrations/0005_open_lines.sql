-- Lines of a run that nobody has sent; and the newest change of the connection that a plan was made from.
ALTER TABLE run ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;
ALTER TABLE plan ADD COLUMN change_mark INTEGER;
