-- Whether dreams may run in a workspace: the deployment and the workspace must both say so.
CREATE FUNCTION mx_dreaming_1(p_workspace bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT count(*) = 2 FROM mx_config WHERE workspace_id IN (0, p_workspace) AND key = 'dream_enabled' AND value = 'true'
$$;
