-- A key's value in force for a user: the workspace's, which the user's own may only narrow. A number narrows downwards,
-- a word towards the end of the list of words, which is that of both keys that have words.
CREATE FUNCTION mx_user_setting_1(p_workspace bigint, p_scope bigint, p_key text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN CASE
      WHEN u.value IS NULL THEN w.value
      WHEN w.value ~ '^-?[0-9]+$' THEN least(u.value::bigint, w.value::bigint)::text
      WHEN array_position(o.words, u.value) > array_position(o.words, w.value) THEN u.value
      ELSE w.value END
    FROM (SELECT mx_setting_1(p_workspace, p_key) AS value) w
    CROSS JOIN (SELECT ARRAY['apply', 'review', 'refuse', 'dry_run'] AS words) o
    LEFT JOIN mx_user_config u ON u.scope_id = p_scope AND u.key = p_key;
END $$;
