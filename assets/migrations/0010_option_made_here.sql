-- Options that carry our own mark: made from here, and removed from here once nobody needs them (where that is asked for).
ALTER TABLE destination_option ADD COLUMN made_here INTEGER NOT NULL DEFAULT 0;
