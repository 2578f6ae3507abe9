-- Search of the feed log. The trigram index over all tenants cost a run more than the line itself, held every word of every
-- tenant in one list, and could be taken from only word by word. A tenant's log has chapters now: 16,000 lines each, of which it is
-- kept by three letters which lines have them. Lines outside of a chapter are looked through.

DROP TRIGGER feed_text_insert;
DROP TRIGGER feed_text_delete;
DROP TABLE feed_text;

-- All lines of the tenant behind `after`, up to and with `last`. `numbers` holds the numbers of its lines.
CREATE TABLE feed_chapter (
  id         INTEGER PRIMARY KEY,
  connection INTEGER NOT NULL REFERENCES connection(id) ON DELETE CASCADE,
  after      INTEGER NOT NULL,
  last       INTEGER NOT NULL,
  lines      INTEGER NOT NULL,
  numbers    BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX feed_chapter_by_last ON feed_chapter(connection, last, after, lines);

-- Which lines of a chapter have three letters, or a mark: id is the chapter * 2^32 + the number of the letters.
CREATE TABLE feed_gram (
  id     INTEGER PRIMARY KEY,
  places BLOB NOT NULL
) STRICT;
CREATE TRIGGER feed_chapter_delete AFTER DELETE ON feed_chapter BEGIN
  DELETE FROM feed_gram WHERE id BETWEEN old.id << 32 AND (old.id << 32) + 4294967295;
END;
-- Whoever takes a line away takes its chapter too; what is left of it is put into one anew.
CREATE TRIGGER feed_line_delete AFTER DELETE ON feed BEGIN
  DELETE FROM feed_chapter WHERE after < old.id AND id = (
    SELECT id FROM feed_chapter WHERE connection = old.connection AND last >= old.id ORDER BY last LIMIT 1);
END;
