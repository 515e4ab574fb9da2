-- The paths with which the next dream begins, where one says `more`: those of p_left that its series of dreams still
-- has to walk. A series begins with every file. A file that a dream passed is walked again only if the user changed it
-- since. Empty where nothing is left, or where nothing was passed: the series is then at its end. The caller holds the
-- scope's lock.
CREATE FUNCTION mx_walk_1(p_scope bigint, p_left text[]) RETURNS text[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  st mx_dream_state; l_told text[]; l_ahead text[]; l_left text[];
  l_most constant integer := 2000;   -- paths that a worker names, and that it is told: FinishDream's `left`
BEGIN
  SELECT * INTO st FROM mx_dream_state WHERE scope_id = p_scope;
  l_told := CASE WHEN st.more THEN st.begin_with[1:l_most] ELSE '{}' END;
  -- 1. What lay ahead of the dream: the cursor with what was changed since, or at the beginning of a series all files.
  l_ahead := ARRAY(
    SELECT f.path FROM mx_file f WHERE f.scope_id = p_scope AND NOT f.deleted AND (NOT st.more OR f.path IN (
      SELECT c.path COLLATE "C" FROM unnest(st.begin_with) AS c(path)
      UNION ALL
      SELECT r.path FROM mx_revision r WHERE r.scope_id = p_scope AND r.sequence > st.walked_sequence AND r.qualifies))
    ORDER BY f.path);
  -- 2. What of it the worker left. Of a list that is full nobody knows what comes after it: what was not told stays.
  l_left := ARRAY(
    SELECT a.path FROM unnest(l_ahead) AS a(path)
      LEFT JOIN (
        SELECT n.path, min(n.i) AS i
          FROM unnest(p_left) WITH ORDINALITY AS n(path, i)
         GROUP BY n.path) n ON n.path = a.path
      LEFT JOIN (SELECT DISTINCT unnest(l_told) AS path) t ON t.path = a.path
     WHERE n.i IS NOT NULL OR cardinality(p_left) >= l_most AND t.path IS NULL
     ORDER BY n.i NULLS LAST, a.path COLLATE "C");
  IF st.more AND cardinality(l_left) = cardinality(l_ahead) THEN RETURN '{}'; END IF;
  RETURN l_left;
END $$;

COMMENT ON FUNCTION mx_walk_1(bigint, text[]) IS 'The paths that a series of dreams still has to walk';
