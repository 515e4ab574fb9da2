SELECT outcome, version, sequence, size, sha256, at, actor
  FROM (SELECT :body || :salt AS text) AS given, LATERAL mx_commit_1(
    p_scope => ARRAY[:scope]::bigint[], p_operation => ARRAY[10]::smallint[], p_path => ARRAY['user/bench-' || :file || '.md'],
    p_text => ARRAY[given.text], p_sha => ARRAY[sha256(convert_to(given.text, 'UTF8'))], p_expected => ARRAY[NULL]::bigint[],
    p_file => ARRAY[gen_random_uuid()], p_request => ARRAY[gen_random_uuid()], p_digest => ARRAY['\x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef']::bytea[],
    p_actor => ARRAY['bench'], p_principal => ARRAY['00000000-0000-4000-8000-000000000000']::uuid[], p_source => ARRAY[1]::smallint[],
    p_reason => ARRAY[''], p_dream => ARRAY[NULL]::uuid[], p_trace => ARRAY['\x0123456789abcdef0123456789abcdef']::bytea[], p_span => ARRAY['\x0123456789abcdef']::bytea[],
    p_hidden => ARRAY[false], p_moves => ARRAY[true], p_qualifies => ARRAY[true], p_conflict => ARRAY[0]::smallint[]{more});
