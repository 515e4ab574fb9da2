-- Erasures: the tombstone of each, which names nobody, and the guard that keeps everything else from an erased scope.
CREATE TABLE mx_erasure (
  erasure_id bigint GENERATED ALWAYS AS IDENTITY,
  workspace_id bigint NOT NULL,
  user_hmac bytea NOT NULL,                            -- HMAC-SHA256 of workspace and user id under the erasure key
  scope_id bigint NOT NULL,                            -- of the memory that was: an opaque number, never given again
  sequence bigint NOT NULL,                            -- one above its last revision: the event's place in a watch
  feed_xid xid8 NOT NULL,                              -- as mx_revision's
  settled_from xid8,                                   -- older transactions may have passed the guard before the mark
  token_id uuid NOT NULL,                              -- the token that asked
  requested_at timestamptz NOT NULL,
  done_at timestamptz,
  deleted_rows bigint NOT NULL DEFAULT 0,
  readmitted_at timestamptz,                           -- from then on the id may be written again
  readmitted_by uuid,
  CONSTRAINT mx_erasure_pk PRIMARY KEY (erasure_id)
);
CREATE UNIQUE INDEX mx_erasure_standing ON mx_erasure (workspace_id, user_hmac) WHERE readmitted_at IS NULL;
CREATE INDEX mx_erasure_user ON mx_erasure (workspace_id, user_hmac, erasure_id);
CREATE INDEX mx_erasure_scope ON mx_erasure (scope_id);
CREATE INDEX mx_erasure_feed ON mx_erasure (feed_xid);
CREATE INDEX mx_erasure_running ON mx_erasure (erasure_id) WHERE done_at IS NULL;

-- What tells the key of the tombstones from another, which would find none of them.
CREATE TABLE mx_erasure_key (
  one boolean NOT NULL DEFAULT true,
  key_id bytea NOT NULL,
  CONSTRAINT mx_erasure_key_pk PRIMARY KEY (one),
  CONSTRAINT mx_erasure_key_one CHECK (one)
);

-- Refuses what is about a scope that is being erased or is gone. Every call writes its log row in the statement or
-- the transaction that does its work, so that this one place holds for all of them, on every replica and whatever
-- they remember: what reads is undone with its answer, what writes with its change. Once a statement, since lanes
-- carry many.
-- MX001: erased. MX002: a remembered scope is gone and its user was readmitted: look again.
CREATE FUNCTION mx_not_erased_1() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM FROM added a   -- guard: erased
    WHERE (SELECT s.erasing FROM mx_scope s WHERE s.scope_id = a.scope_id) IS NOT FALSE   -- guard: erased
    LIMIT 1;   -- guard: erased
  IF FOUND THEN
    IF EXISTS (SELECT FROM added a JOIN mx_scope s ON s.scope_id = a.scope_id WHERE s.erasing)
      OR EXISTS (
        SELECT FROM added a JOIN mx_erasure e ON e.scope_id = a.scope_id WHERE e.readmitted_at IS NULL) THEN
      RAISE EXCEPTION 'erased' USING ERRCODE = 'MX001';
    END IF;
    RAISE EXCEPTION 'no such scope' USING ERRCODE = 'MX002';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER mx_access_log_erased AFTER INSERT ON mx_access_log REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION mx_not_erased_1();
