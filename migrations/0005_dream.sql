-- The dream protocol's state: who is due, the runs, and what they staged.
CREATE TABLE mx_dream_state (
  scope_id bigint NOT NULL,
  workspace_id bigint NOT NULL,
  watermark bigint NOT NULL DEFAULT 0,                 -- the sequence up to which memory has been dreamed
  dirty boolean NOT NULL DEFAULT false,
  due_at timestamptz,                                  -- NULL: clean, or something without a time stands in the way
  paused boolean NOT NULL DEFAULT false,
  pause_reason text NOT NULL DEFAULT '',               -- what was said when it was paused
  parked boolean NOT NULL DEFAULT false,               -- until UnparkUser or a dream that ends well
  failures integer NOT NULL DEFAULT 0,
  overtaken_in_row integer NOT NULL DEFAULT 0,
  more boolean NOT NULL DEFAULT false,
  begin_with text[] NOT NULL DEFAULT '{}',             -- the cursor: paths that the series of dreams has still to walk
  walked_sequence bigint NOT NULL DEFAULT 0,           -- snapshot of the last dream that said more
  last_moved_at timestamptz,                           -- end of the last dream that moved the watermark or said more
  not_before timestamptz,                              -- back-off; also of a started dream's further attempts
  proposal uuid,                                       -- the dream that waits for a person
  proposal_sequence bigint,                            -- its snapshot
  proposal_watermark bigint,                           -- the watermark before it and before those that it replaced
  forget_key bytea,                                    -- key of mx_forgotten's digests; NULL: not needed yet
  forgotten_sequence bigint NOT NULL DEFAULT 0,        -- up to which people's removals are in mx_forgotten
  CONSTRAINT mx_dream_state_pk PRIMARY KEY (scope_id)
);
CREATE INDEX mx_dream_state_due ON mx_dream_state (workspace_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mx_dream_state_held ON mx_dream_state (workspace_id, parked, paused) WHERE parked OR paused;

CREATE TABLE mx_dream (
  scope_id bigint NOT NULL,
  dream_id uuid NOT NULL,
  workspace_id bigint NOT NULL,
  state text NOT NULL,
  mode text NOT NULL,
  curator text NOT NULL,
  near text NOT NULL DEFAULT 'off',                    -- else: a dream of probable copies alone, beside all others
  follows uuid,                                        -- the dream that counted the probable copies it is for
  rest_of uuid,                                        -- of the rest of a proposal: the dream that was approved in part
  reverts uuid,                                        -- of a revert: the dream that it undid
  requested boolean NOT NULL,
  requested_by text NOT NULL DEFAULT '',
  instructions text NOT NULL DEFAULT '',
  as_of date,
  trace_parent text NOT NULL DEFAULT '',
  max_ops integer NOT NULL,
  max_files integer NOT NULL,
  max_bytes bigint NOT NULL,
  max_read_bytes bigint NOT NULL,
  max_seconds integer NOT NULL,
  ops integer NOT NULL DEFAULT 0,
  files integer NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  read_bytes bigint NOT NULL DEFAULT 0,
  refused_ops integer NOT NULL DEFAULT 0,
  model_tokens bigint NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  worker uuid,                                         -- the token that claimed
  worker_name text NOT NULL DEFAULT '',
  lease_expires_at timestamptz,
  snapshot_sequence bigint NOT NULL DEFAULT 0,
  sealed bytea,                                        -- digest of the FinishDream that sealed it
  finished bytea,                                      -- digest of the FinishDream that was answered last
  finished_as text,                                    -- that answer's ending: a started dream may be requested again
  finished_cause text,                                 -- its cause; ledger and violations are the row's
  ledger bytea,                                        -- encoded DreamLedger
  violations bytea[] NOT NULL DEFAULT '{}',            -- encoded DreamViolation, each
  lost_statements integer NOT NULL DEFAULT 0,
  statements_before integer NOT NULL DEFAULT 0,        -- of the scope at its snapshot; 0: nothing was lost, not counted
  probable bytea[] NOT NULL DEFAULT '{}',              -- encoded ProbablePair, each: places alone, the first of them
  probable_pairs integer NOT NULL DEFAULT 0,           -- how many the worker counted
  summary text NOT NULL DEFAULT '',
  cause text NOT NULL DEFAULT '',
  more boolean NOT NULL DEFAULT false,
  decided_by text NOT NULL DEFAULT '',                 -- the actor who approved or rejected it
  decided_at timestamptz,
  decision_reason text NOT NULL DEFAULT '',
  trace_id bytea,
  span_id bytea,                                       -- of the call that ended it: an approval's span links there
  created_at timestamptz NOT NULL DEFAULT mx_now(),
  claimed_at timestamptz,
  ended_at timestamptz,
  CONSTRAINT mx_dream_pk PRIMARY KEY (scope_id, dream_id),
  CONSTRAINT mx_dream_state_known CHECK (state IN (
    'requested', 'running', 'proposed', 'applied', 'noop', 'reported', 'refused', 'rejected', 'expired', 'stale',
    'replaced', 'overtaken', 'canceled', 'released', 'lost', 'failed', 'reverted')),
  CONSTRAINT mx_dream_near_known CHECK (near IN ('off', 'review', 'adopt')),
  CONSTRAINT mx_dream_leased CHECK ((state = 'running') = (lease_expires_at IS NOT NULL))
);
CREATE UNIQUE INDEX mx_dream_open ON mx_dream (scope_id) WHERE state IN ('requested', 'running');
CREATE INDEX mx_dream_lease ON mx_dream (workspace_id, lease_expires_at) WHERE state = 'running';
CREATE INDEX mx_dream_requested ON mx_dream (workspace_id, created_at) WHERE state = 'requested';
CREATE INDEX mx_dream_proposed ON mx_dream (workspace_id, ended_at) WHERE state = 'proposed';
CREATE INDEX mx_dream_listing ON mx_dream (workspace_id, created_at DESC, dream_id);
CREATE INDEX mx_dream_ended ON mx_dream (workspace_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX mx_dream_of_scope ON mx_dream (scope_id, created_at DESC, dream_id);

-- The files that a waiting proposal touches or cites, as they were: a change of one of them ends it.
CREATE TABLE mx_proposal_file (
  scope_id bigint NOT NULL,
  path text COLLATE "C" NOT NULL,
  dream_id uuid NOT NULL,
  version bigint NOT NULL,                             -- 0: no file
  CONSTRAINT mx_proposal_file_pk PRIMARY KEY (scope_id, path, dream_id)
);

CREATE TABLE mx_dream_op (
  scope_id bigint NOT NULL,
  dream_id uuid NOT NULL,
  number integer NOT NULL,
  operation smallint NOT NULL,
  path text COLLATE "C" NOT NULL,
  base_file uuid,                                      -- the file under the dream's ops; NULL: none
  base_version bigint NOT NULL,                        -- its version; 0: none
  expected_version bigint NOT NULL,                    -- base version plus staged ops before this one
  text text COMPRESSION lz4,                           -- after the op; NULL: deleted
  size integer NOT NULL,
  sha256 bytea NOT NULL,
  inserted_bytes bigint NOT NULL,
  hidden_unicode boolean NOT NULL,
  source smallint NOT NULL,
  reason text NOT NULL,
  treatments bytea[] NOT NULL,                         -- encoded Treatment, each
  request_id uuid,                                     -- tells a repeat after a lost answer from another op
  adopted_sequence bigint,                             -- the revision that adopted it
  undone_by uuid,                                      -- the revert that undid it and that was not undone itself
  redacted boolean NOT NULL DEFAULT false,             -- text and hash were emptied; NULL text otherwise means deleted
  at timestamptz NOT NULL DEFAULT mx_now(),
  CONSTRAINT mx_dream_op_pk PRIMARY KEY (scope_id, dream_id, number)
);
