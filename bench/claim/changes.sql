-- Writes `batches` times 200 changes for each user of the workspace, over 20 files, through the service's own function.
SELECT count(*)
  FROM mx_scope AS owner
  CROSS JOIN generate_series(1, :batches) AS batch
  CROSS JOIN LATERAL (
    SELECT ARRAY[200] AS length,
           array_agg('user/bench-' || item % 20 || '.md') AS path,
           array_agg('- change ' || batch || '.' || item) AS text,
           array_agg(sha256(convert_to(batch || '.' || item, 'UTF8'))) AS sha,
           array_agg(gen_random_uuid()) AS file
      FROM generate_series(1, 200) AS item) AS change
  CROSS JOIN LATERAL mx_commit_1(
    p_scope => array_fill(owner.scope_id, change.length),
    p_operation => array_fill(10::smallint, change.length),
    p_path => change.path,
    p_text => change.text,
    p_sha => change.sha,
    p_expected => array_fill(NULL::bigint, change.length),
    p_file => change.file,
    p_request => array_fill(NULL::uuid, change.length),
    p_digest => array_fill(NULL::bytea, change.length),
    p_actor => array_fill('bench'::text, change.length),
    p_principal => array_fill('00000000-0000-4000-8000-000000000000'::uuid, change.length),
    p_source => array_fill(1::smallint, change.length),
    p_reason => array_fill(''::text, change.length),
    p_dream => array_fill(NULL::uuid, change.length),
    p_trace => array_fill(NULL::bytea, change.length),
    p_span => array_fill(NULL::bytea, change.length),
    p_hidden => array_fill(false, change.length),
    p_moves => array_fill(true, change.length),
    p_qualifies => array_fill(true, change.length),
    p_conflict => array_fill(0::smallint, change.length),
    p_reasons => array_fill(0::smallint, ARRAY[12])) AS answer
 WHERE owner.workspace_id = :workspace AND owner.kind = 1 AND answer.outcome = 0;
