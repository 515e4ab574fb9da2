-- A workspace of its own with `users` users, who are due as soon as they wrote. The transaction is rolled back later.
BEGIN;
INSERT INTO mx_workspace (name)
  VALUES ('bench-' || gen_random_uuid())
  RETURNING workspace_id AS workspace \gset
INSERT INTO mx_config (workspace_id, key, value, updated_by)
  VALUES (0, 'dream_enabled', 'true', 'bench'),
         (:workspace, 'dream_enabled', 'true', 'bench'),
         (:workspace, 'dream_grace_period_minutes', '0', 'bench'),
         (:workspace, 'dream_concurrency', :'users', 'bench')
  ON CONFLICT ON CONSTRAINT mx_config_pk DO UPDATE SET value = EXCLUDED.value;
WITH opened AS (
  INSERT INTO mx_scope (workspace_id, kind, user_id)
    SELECT :workspace, 1, 'bench-' || number
      FROM generate_series(1, :users) AS number
    RETURNING scope_id)
INSERT INTO mx_dream_state (scope_id, workspace_id)
  SELECT scope_id, :workspace
    FROM opened;
