-- One row for every call, refusals included; partitioned by month, dropped by retention.
CREATE SEQUENCE mx_access_log_entry;
CREATE TABLE mx_access_log (
  scope_id bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT mx_now(),
  entry_id bigint NOT NULL DEFAULT nextval('mx_access_log_entry'),
  operation smallint NOT NULL,
  path text COLLATE "C" NOT NULL DEFAULT '',
  file_version bigint NOT NULL DEFAULT 0,
  outcome smallint NOT NULL,                           -- 1 ok, 2 refused, 3 failed
  reason smallint NOT NULL DEFAULT 0,                  -- ErrorReason
  suppressed integer NOT NULL DEFAULT 0,
  actor text NOT NULL,
  principal uuid NOT NULL,
  dream_id uuid,
  trace_id bytea
) PARTITION BY RANGE (at);
CREATE INDEX mx_access_log_scope ON mx_access_log (scope_id, at DESC, entry_id DESC);
-- Catches what no month covers, so that a late sweep never fails a call; stays empty otherwise.
CREATE TABLE mx_access_log_default PARTITION OF mx_access_log DEFAULT;
