-- Makes a proposal of its own of some files of a waiting proposal: the rest, where a person approves the other files.
-- The ops of the files go over to it. It waits since the same time, and takes the place of the one that dreams wait
-- for. The caller holds the scope's lock. Returns the new proposal.
-- p_paths: the files whose ops go over. p_files, p_versions: the files that it touches or cites.
CREATE FUNCTION mx_split_proposal_1(
  p_scope bigint, p_dream uuid, p_paths text[], p_ledger bytea, p_violations bytea[], p_lost integer,
  p_statements integer, p_files text[], p_versions bigint[]) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE d mx_dream; l_new uuid := gen_random_uuid();
BEGIN
  SELECT * INTO d FROM mx_dream WHERE scope_id = p_scope AND dream_id = p_dream AND state = 'proposed';
  IF NOT FOUND THEN RAISE 'mx_split_proposal_1 of a dream that does not wait'; END IF;
  UPDATE mx_dream_op SET dream_id = l_new
    WHERE scope_id = p_scope AND dream_id = p_dream AND path = ANY (p_paths);
  d.dream_id := l_new;
  d.rest_of := p_dream;
  d.cause := 'the rest of a proposal that was approved in part';
  SELECT count(*), count(DISTINCT path), coalesce(sum(inserted_bytes), 0) INTO d.ops, d.files, d.bytes
    FROM mx_dream_op WHERE scope_id = p_scope AND dream_id = l_new;
  d.read_bytes := 0;
  d.refused_ops := 0;
  d.model_tokens := 0;
  d.ledger := p_ledger;
  d.violations := p_violations;
  d.lost_statements := p_lost;
  d.statements_before := p_statements;
  d.probable := '{}';
  d.probable_pairs := 0;
  INSERT INTO mx_dream SELECT d.*;
  PERFORM mx_propose_1(p_scope, l_new, p_files, p_versions);
  UPDATE mx_dream_state SET proposal = l_new WHERE scope_id = p_scope AND proposal = p_dream;
  RETURN l_new;
END $$;
COMMENT ON FUNCTION mx_split_proposal_1(bigint, uuid, text[], bytea, bytea[], integer, integer, text[], bigint[]) IS
  'Makes a proposal of its own of the files that a person does not approve.';
