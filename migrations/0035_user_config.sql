-- Keys that are set for one user; what counts of them is `mx_user_setting_1`'s to say.
CREATE TABLE mx_user_config (
  scope_id bigint NOT NULL,
  key text NOT NULL,
  value text NOT NULL,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT mx_now(),
  CONSTRAINT mx_user_config_pk PRIMARY KEY (scope_id, key),
  CONSTRAINT mx_user_config_known FOREIGN KEY (key) REFERENCES mx_config_key (key)
);
