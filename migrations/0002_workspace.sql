-- Workspaces, runtime keys and tokens.
CREATE TABLE mx_workspace (
  workspace_id bigint GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL,
  last_served_at timestamptz,                          -- when a dream of it was last claimed: least recently first
  rearm_from bigint,                                   -- a key changed: scopes above this one are yet to be armed again
  created_at timestamptz NOT NULL DEFAULT mx_now(),
  CONSTRAINT mx_workspace_pk PRIMARY KEY (workspace_id),
  CONSTRAINT mx_workspace_name UNIQUE (name)
);

-- The known keys with their defaults and how they narrow: a copy of memex-core's table. Migrate refreshes it, so that
-- SQL and Rust agree.
CREATE TABLE mx_config_key (
  key text NOT NULL,
  default_value text NOT NULL,
  words text[],                                        -- from wide to narrow; NULL: the smaller number is the narrower
  CONSTRAINT mx_config_key_pk PRIMARY KEY (key)
);

CREATE TABLE mx_config (
  workspace_id bigint NOT NULL,                        -- 0: the deployment
  key text NOT NULL,
  value text NOT NULL,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT mx_now(),
  CONSTRAINT mx_config_pk PRIMARY KEY (workspace_id, key),
  CONSTRAINT mx_config_known FOREIGN KEY (key) REFERENCES mx_config_key (key)
);

CREATE TABLE mx_token (
  token_id uuid NOT NULL,
  hash bytea NOT NULL,                                 -- SHA-256 of the secret; the secret itself is nowhere
  workspace_id bigint,                                 -- NULL: the deployment's, for workers
  role smallint NOT NULL,
  user_id text,                                        -- the user it is bound to
  proposal text,                                       -- the dream through whose proposal alone it reads
  actor text NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT mx_now(),
  CONSTRAINT mx_token_pk PRIMARY KEY (token_id),
  CONSTRAINT mx_token_hash UNIQUE (hash),
  CONSTRAINT mx_token_owner CHECK ((role = 3) = (workspace_id IS NULL))
);
