WITH asked AS MATERIALIZED (
  SELECT u.*
    FROM unnest(ARRAY[:scope]::bigint[], ARRAY['user/bench-' || :file || '.md'])
      WITH ORDINALITY AS u(scope_id, path, i)),
head AS MATERIALIZED (
  SELECT a.i, a.path, f.version, f.size, f.sha256, f.updated_at, f.updated_by, f.scope_id, f.file_id
    FROM asked a LEFT JOIN mx_file f ON f.scope_id = a.scope_id AND f.path = a.path AND NOT f.deleted),
log AS (
  INSERT INTO mx_access_log (scope_id, operation, path, file_version, outcome, reason, actor, principal, trace_id)
  SELECT scope_id, 2, path, coalesce(version, 0), 1, 0, 'bench', '00000000-0000-4000-8000-000000000000',
         '\x0123456789abcdef0123456789abcdef'::bytea
    FROM head)
SELECT h.path, h.version, h.size, h.sha256, h.updated_at, h.updated_by, v.text
  FROM head h LEFT JOIN mx_revision v ON v.scope_id = h.scope_id AND v.file_id = h.file_id AND v.version = h.version
 ORDER BY h.i;
