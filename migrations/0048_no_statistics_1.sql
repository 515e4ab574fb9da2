-- Keeps what users wrote out of the planner's statistics. ANALYZE copies common values and bounds of a column, a
-- text of up to 1,024 bytes whole, into pg_statistic, where they would outlive an erasure until the table is
-- analyzed again. So of texts and bytes it takes none, but for columns of fixed words (p_but). Every key begins with
-- scope_id: no plan of ours needs more. CREATE … LIKE does not copy it, so that mx_partition_1 does this to each new
-- month.
CREATE FUNCTION mx_no_statistics_1(p_table regclass, p_but name[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path FROM CURRENT AS $$
DECLARE l_column name;
BEGIN
  FOR l_column IN
    SELECT attname
      FROM pg_attribute
      WHERE attrelid = p_table AND attnum > 0 AND NOT attisdropped AND attname <> ALL (p_but)
        AND atttypid = ANY ('{text,bytea,text[],bytea[]}'::regtype[])
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', p_table, l_column);
  END LOOP;
END $$;

-- Every table whose rows are a user's.
SELECT mx_no_statistics_1(c.oid, '{state,mode,curator,finished_as}')
  FROM pg_class c
  WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p')
    AND (c.relname = 'mx_token'
         OR EXISTS (SELECT FROM pg_attribute a
                      WHERE a.attrelid = c.oid AND a.attname = 'scope_id' AND NOT a.attisdropped));
