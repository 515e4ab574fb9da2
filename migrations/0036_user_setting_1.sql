-- Gives a key's value for a user: the workspace's value, unless the user's own value is narrower.
-- For numbers the smaller value counts; for words, the one later in `words`.
CREATE FUNCTION mx_user_setting_1(p_workspace bigint, p_scope bigint, p_key text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN CASE
      WHEN u.value IS NULL THEN w.value
      WHEN k.words IS NULL THEN least(u.value::bigint, w.value::bigint)::text
      WHEN array_position(k.words, u.value) > array_position(k.words, w.value) THEN u.value
      ELSE w.value END
    FROM (SELECT mx_setting_1(p_workspace, p_key) AS value) w
    LEFT JOIN mx_config_key k ON k.key = p_key
    LEFT JOIN mx_user_config u ON u.scope_id = p_scope AND u.key = p_key;
END $$;
