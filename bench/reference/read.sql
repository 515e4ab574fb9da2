WITH head AS (
  SELECT scope_id, path, version, text FROM mx_bench_ref.file JOIN mx_bench_ref.revision USING (scope_id, path, version)
   WHERE scope_id = :scope AND path = 'user/bench-' || :file || '.md'),
log AS (
  INSERT INTO mx_bench_ref.access_log SELECT now(), scope_id, 1, path, version, 'bench' FROM head)
SELECT version, text FROM head;
