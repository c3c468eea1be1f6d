"""The words of all listings, so that a mistyped one is compared with each of them once and not with every listing."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0034"
VERSION = "1.38.0"
DESCRIPTION = "The words of all listings, so that a mistyped one is compared with each of them once."

SQL = """
-- A word stays when the last listing that had it is gone: it is like what was typed, and nobody is found by it.
CREATE TABLE search_words (
  word text PRIMARY KEY CHECK (length(word) BETWEEN 2 AND 60)
);
CREATE INDEX search_words_length ON search_words (length(word)) INCLUDE (word);

CREATE FUNCTION keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- In one order, so that two listings with words in common never wait for each other.
  INSERT INTO search_words
  SELECT DISTINCT word FROM unnest(string_to_array(NEW.search_text, ' ')) AS word
  WHERE length(word) BETWEEN 2 AND 60 ORDER BY word
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_first_words AFTER INSERT ON experts FOR EACH ROW EXECUTE FUNCTION keep_words();
CREATE TRIGGER keep_words AFTER UPDATE OF search_text ON experts
  FOR EACH ROW WHEN (OLD.search_text IS DISTINCT FROM NEW.search_text) EXECUTE FUNCTION keep_words();

INSERT INTO search_words
SELECT DISTINCT word FROM experts, unnest(string_to_array(search_text, ' ')) AS word
WHERE length(word) BETWEEN 2 AND 60;

-- What was typed, with every word that differs from one of it in a letter (two, when it is long). NULL for no word.
CREATE FUNCTION similar_query(p_text text) RETURNS tsquery LANGUAGE sql STABLE AS $$
  WITH typed AS (
    SELECT word, CASE WHEN length(word) < 4 THEN 0 WHEN length(word) < 7 THEN 1 ELSE 2 END AS wrong
    FROM (SELECT word FROM unnest(string_to_array(plain_words(p_text), ' ')) AS word
          WHERE length(word) BETWEEN 2 AND 60 LIMIT 8) AS few
  )
  SELECT to_tsquery('indonesian', string_agg('(' || concat_ws(' | ', typed.word || ':*', known.words) || ')', ' & '))
  FROM typed, LATERAL (
    SELECT string_agg(word, ' | ') AS words FROM (
      SELECT word FROM search_words
      WHERE typed.wrong > 0 AND length(word) BETWEEN length(typed.word) - typed.wrong AND length(typed.word) + typed.wrong
        AND levenshtein_less_equal(word, typed.word, typed.wrong) <= typed.wrong
      ORDER BY levenshtein_less_equal(word, typed.word, typed.wrong), word LIMIT 40) AS nearest
  ) AS known
$$;

DROP FUNCTION similar_experts(text);
DROP INDEX experts_search_text;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
