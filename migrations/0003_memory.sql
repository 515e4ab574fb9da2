-- Scopes, files, revisions and remembered requests. Every key begins with scope_id, so that the schema shards by scope;
-- nothing points at mx_scope, because a row that did would wait behind its lock.
CREATE TABLE mx_scope (
  scope_id bigint GENERATED ALWAYS AS IDENTITY,        -- of a user; a shared scope has its workspace's id, negative
  workspace_id bigint NOT NULL,
  kind smallint NOT NULL,                              -- 1 user, 2 shared
  user_id text COLLATE "C" NOT NULL DEFAULT '',   -- byte order, in which users are listed
  sequence bigint NOT NULL DEFAULT 0,
  moved_sequence bigint NOT NULL DEFAULT 0,            -- of the last revision that a dream must not have missed
  new_changes integer NOT NULL DEFAULT 0,              -- qualifying revisions above the watermark
  qualifying_sequence bigint NOT NULL DEFAULT 0,
  qualifying_at timestamptz,
  files integer NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  feed_xid xid8 NOT NULL DEFAULT '0',
  proposals integer NOT NULL DEFAULT 0,                -- that wait for a person
  erasing boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT mx_now(),
  CONSTRAINT mx_scope_pk PRIMARY KEY (scope_id),
  CONSTRAINT mx_scope_user UNIQUE (workspace_id, kind, user_id),
  CONSTRAINT mx_scope_kind CHECK (
    kind = 1 AND user_id <> '' AND scope_id > 0 OR kind = 2 AND user_id = '' AND scope_id = -workspace_id)
) WITH (fillfactor = 50);

CREATE TABLE mx_file (
  scope_id bigint NOT NULL,
  path text COLLATE "C" NOT NULL,
  file_id uuid NOT NULL,
  version bigint NOT NULL,
  size integer NOT NULL,
  sha256 bytea NOT NULL,
  deleted boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL,
  CONSTRAINT mx_file_pk PRIMARY KEY (scope_id, path)
) WITH (fillfactor = 80);

CREATE TABLE mx_revision (
  scope_id bigint NOT NULL,
  file_id uuid NOT NULL,
  version bigint NOT NULL,
  sequence bigint NOT NULL,
  operation smallint NOT NULL,
  path text COLLATE "C" NOT NULL,
  text text COMPRESSION lz4,                           -- NULL: deleted
  size integer NOT NULL,
  sha256 bytea NOT NULL,
  actor text NOT NULL,
  principal uuid NOT NULL,
  source smallint NOT NULL,
  reason text NOT NULL DEFAULT '',
  request_id uuid,
  dream_id uuid,
  trace_id bytea,
  span_id bytea,
  feed_xid xid8 NOT NULL,
  hidden_unicode boolean NOT NULL,
  qualifies boolean NOT NULL,                          -- makes the user due: counted again when a watermark moves
  moved_from text COLLATE "C",                         -- of a move: the path that the file had
  redacted boolean NOT NULL DEFAULT false,             -- text and hash were emptied; NULL text otherwise means deleted
  imported_actor text,                                 -- what an archive says of the revision's origin
  imported_at timestamptz,
  imported_dream text,
  at timestamptz NOT NULL,
  CONSTRAINT mx_revision_pk PRIMARY KEY (scope_id, file_id, version),
  CONSTRAINT mx_revision_sequence UNIQUE (scope_id, sequence)
);
CREATE INDEX mx_revision_feed ON mx_revision (feed_xid);

CREATE TABLE mx_request (
  scope_id bigint NOT NULL,
  principal uuid NOT NULL,
  request_id uuid NOT NULL,
  digest bytea NOT NULL,
  operation smallint NOT NULL,                         -- the call
  changed boolean NOT NULL,
  sequence bigint NOT NULL DEFAULT 0,                  -- of the revision that a file's answer describes
  answer bytea,                                        -- the encoded answer of every other mutation
  at timestamptz NOT NULL DEFAULT mx_now(),
  CONSTRAINT mx_request_pk PRIMARY KEY (scope_id, principal, request_id)
);
