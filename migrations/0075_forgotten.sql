-- What may not come back through a dream: HMAC-SHA-256 under the scope's key (mx_dream_state.forget_key), never a text.
CREATE TABLE mx_forgotten (
  scope_id bigint NOT NULL,
  kind smallint NOT NULL,                              -- 1 a pair of texts of a treatment, 2 a statement
  digest bytea NOT NULL,
  dream_id uuid,                                       -- that was rejected or reverted, or whose judging found it
  at timestamptz NOT NULL DEFAULT mx_now(),
  CONSTRAINT mx_forgotten_pk PRIMARY KEY (scope_id, kind, digest),
  CONSTRAINT mx_forgotten_kind CHECK (kind IN (1, 2))
);
SELECT mx_no_statistics_1('mx_forgotten', '{}');
