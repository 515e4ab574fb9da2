-- Version 1 of every file of every scope in `scopes`.
INSERT INTO mx_bench_ref.file
  SELECT s, 'user/bench-' || f || '.md', 1, now()
    FROM unnest(:'scopes'::bigint[]) AS s, generate_series(1, :files) AS f;
INSERT INTO mx_bench_ref.revision
  SELECT scope_id, path, 1, :'body', now() FROM mx_bench_ref.file;
