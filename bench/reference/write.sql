WITH head AS (
  UPDATE mx_bench_ref.file SET version = version + 1, updated_at = now()
   WHERE scope_id = :scope AND path = 'user/bench-' || :file || '.md' RETURNING scope_id, path, version),
revision AS (
  INSERT INTO mx_bench_ref.revision SELECT scope_id, path, version, :body || :salt, now() FROM head)
INSERT INTO mx_bench_ref.access_log SELECT now(), scope_id, 2, path, version, 'bench' FROM head;
