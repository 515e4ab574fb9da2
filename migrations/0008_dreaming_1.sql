-- Whether dreams may run in a workspace: the deployment and the workspace must both say so.
CREATE FUNCTION mx_dreaming_1(p_workspace bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN count(*) = 2
    FROM mx_config
    WHERE workspace_id IN (0, p_workspace) AND key = 'dream_enabled' AND value = 'true';
END $$;
