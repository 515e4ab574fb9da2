-- Lists files within a dream: the current ones with the staged ops laid over, the lease checked and the call logged, in
-- one round trip. The first row carries the outcome of mx_lease_1 and no path.
-- p_from, p_below: the range of paths; p_after: the last path of the page before.
-- p_reasons: the reason that each outcome is logged with, from outcome 0 on.
CREATE FUNCTION mx_dream_list_1(
  p_scope bigint, p_dream uuid, p_fence bigint, p_worker uuid, p_from text, p_below text, p_after text, p_limit bigint,
  p_operation smallint, p_actor text, p_trace bytea, p_reasons smallint[])
RETURNS TABLE (
  outcome smallint, path text, version bigint, size integer, sha256 bytea, updated_at timestamptz, updated_by text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
  outcome := mx_lease_1(p_scope, p_dream, p_fence, p_worker);
  INSERT INTO mx_access_log (scope_id, operation, path, outcome, reason, actor, principal, dream_id, trace_id)
    SELECT p_scope, p_operation, p_from, CASE WHEN outcome = 0 THEN 1 ELSE 2 END,
      p_reasons[1 + outcome], p_actor, p_worker, p_dream, p_trace
      -- An invented dream writes nothing anywhere.
      WHERE EXISTS (SELECT FROM mx_dream WHERE scope_id = p_scope AND dream_id = p_dream);
  RETURN NEXT;
  IF outcome <> 0 THEN RETURN; END IF;
  RETURN QUERY
    SELECT 0::smallint, coalesce(o.path, f.path), coalesce(f.version, 0) + coalesce(o.staged, 0),
      coalesce(o.size, f.size), coalesce(o.sha256, f.sha256), coalesce(o.at, f.updated_at),
      CASE WHEN o.staged IS NULL THEN f.updated_by ELSE p_actor END
    FROM (
      SELECT *
        FROM mx_file
        WHERE scope_id = p_scope AND path >= p_from AND path < p_below AND path > p_after AND NOT deleted) f
    FULL JOIN (
      SELECT DISTINCT ON (x.path) x.path, x.size, x.sha256, x.at, x.text IS NULL AS gone,
             count(*) OVER (PARTITION BY x.path) AS staged
        FROM mx_dream_op x
        WHERE x.scope_id = p_scope AND x.dream_id = p_dream
          AND x.path >= p_from AND x.path < p_below AND x.path > p_after
        ORDER BY x.path, x.number DESC) o ON o.path = f.path
    WHERE o.gone IS NOT TRUE
    ORDER BY 2
    LIMIT p_limit;
END $$;
