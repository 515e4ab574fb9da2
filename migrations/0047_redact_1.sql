-- Empties one revision with whatever its text could be guessed from: the text, size and hash, the writer's reason,
-- the same of the op that it adopted, that dream's summary and decision, and the digests of the requests that it
-- answered. The record stays. The caller holds the scope's lock and has seen that it is no head; this refuses one all
-- the same.
CREATE FUNCTION mx_redact_1(p_scope bigint, p_sequence bigint, p_reason text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE mx_revision r
    SET text = NULL, size = 0, sha256 = '', hidden_unicode = false, reason = p_reason, redacted = true
    WHERE r.scope_id = p_scope AND r.sequence = p_sequence AND r.text IS NOT NULL
      AND NOT EXISTS (
        SELECT FROM mx_file f
          WHERE f.scope_id = r.scope_id AND f.file_id = r.file_id AND f.version = r.version AND NOT f.deleted);
  IF NOT FOUND THEN RAISE 'mx_redact_1 of a head, or of no text'; END IF;
  UPDATE mx_dream d SET summary = '', decision_reason = '' FROM mx_dream_op o
    WHERE o.scope_id = p_scope AND o.adopted_sequence = p_sequence AND d.scope_id = p_scope AND d.dream_id = o.dream_id;
  UPDATE mx_dream_op SET text = NULL, size = 0, sha256 = '', reason = p_reason, redacted = true
    WHERE scope_id = p_scope AND adopted_sequence = p_sequence;
  -- No call has this digest: a repeat is refused, and never writes the text again.
  UPDATE mx_request SET digest = '' WHERE scope_id = p_scope AND sequence = p_sequence;
END $$;
