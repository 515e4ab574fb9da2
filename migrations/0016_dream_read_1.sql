-- Reads files within a dream: the current ones with the staged ops laid over, the lease checked, the bytes counted and
-- each read logged, in one round trip. The first row carries the outcome of mx_lease_1 (5: over the read budget) and no
-- path.
-- p_reasons: the reason that each outcome is logged with, from outcome 0 on; 13: there is no file.
-- p_count false: the texts are read for the service's own use and are neither counted nor logged.
CREATE FUNCTION mx_dream_read_1(
  p_scope bigint, p_dream uuid, p_fence bigint, p_worker uuid, p_paths text[], p_count boolean,
  p_operation smallint, p_actor text, p_trace bytea, p_reasons smallint[])
RETURNS TABLE (
  outcome smallint, path text, file_id uuid, base_version bigint, version bigint, text text, size integer,
  sha256 bytea, updated_at timestamptz, updated_by text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE l_bytes bigint;
BEGIN
  outcome := mx_lease_1(p_scope, p_dream, p_fence, p_worker);
  IF outcome = 0 AND p_count THEN
    SELECT coalesce(sum(coalesce(o.size, f.size)), 0)
      INTO l_bytes
      FROM unnest(p_paths) AS p(path)
      LEFT JOIN mx_file f ON f.scope_id = p_scope AND f.path = p.path AND NOT f.deleted
      LEFT JOIN LATERAL (
        SELECT size
          FROM mx_dream_op
          WHERE scope_id = p_scope AND dream_id = p_dream AND path = p.path
          ORDER BY number DESC
          LIMIT 1) o ON true;
    UPDATE mx_dream SET read_bytes = read_bytes + l_bytes
      WHERE scope_id = p_scope AND dream_id = p_dream
      AND read_bytes + l_bytes <= max_read_bytes   -- guard: read_budget
      ;
    IF NOT FOUND THEN outcome := 5; END IF;
  END IF;
  -- An invented dream writes nothing anywhere.
  IF p_count AND EXISTS (SELECT FROM mx_dream WHERE scope_id = p_scope AND dream_id = p_dream) THEN
    INSERT INTO mx_access_log (scope_id, operation, path, file_version, outcome, reason, actor, principal, dream_id,
        trace_id)
      SELECT p_scope, p_operation, p.path, p.version,
             CASE WHEN outcome = 0 AND p.version > 0 THEN 1 ELSE 2 END,
             p_reasons[1 + CASE WHEN outcome = 0 AND p.version = 0 THEN 13 ELSE outcome END],
             p_actor, p_worker, p_dream, p_trace
        FROM (SELECT u.path,
                     coalesce(f.version, 0) + (
                       SELECT count(*)
                         FROM mx_dream_op o
                         WHERE o.scope_id = p_scope AND o.dream_id = p_dream AND o.path = u.path) AS version
                FROM unnest(p_paths) AS u(path)
                LEFT JOIN mx_file f ON f.scope_id = p_scope AND f.path = u.path AND NOT f.deleted) p;
  END IF;
  RETURN NEXT;
  IF outcome <> 0 THEN RETURN; END IF;
  RETURN QUERY
    SELECT 0::smallint, p.path, f.file_id, coalesce(f.live, 0), coalesce(f.live, 0) + coalesce(o.staged, 0),
      CASE WHEN o.staged IS NULL THEN v.text ELSE o.text END, coalesce(o.size, f.size), coalesce(o.sha256, f.sha256),
      coalesce(o.at, f.updated_at), CASE WHEN o.staged IS NULL THEN f.updated_by ELSE p_actor END
    FROM unnest(p_paths) WITH ORDINALITY AS p(path, i)
    LEFT JOIN (
      SELECT path, file_id, version, size, sha256, updated_at, updated_by,
             CASE WHEN deleted THEN 0 ELSE version END AS live
        FROM mx_file
        WHERE scope_id = p_scope AND path = ANY (p_paths)) f ON f.path = p.path
    LEFT JOIN mx_revision v
      ON v.scope_id = p_scope AND v.file_id = f.file_id AND v.version = f.version
      AND f.live > 0   -- a file that was moved away has a text
    LEFT JOIN LATERAL (
      SELECT x.text, x.size, x.sha256, x.at, count(*) OVER () AS staged
        FROM mx_dream_op x
        WHERE x.scope_id = p_scope AND x.dream_id = p_dream AND x.path = p.path
        ORDER BY x.number DESC
        LIMIT 1) o ON true
    WHERE CASE WHEN o.staged IS NULL THEN v.text ELSE o.text END IS NOT NULL
    ORDER BY p.i;
END $$;
