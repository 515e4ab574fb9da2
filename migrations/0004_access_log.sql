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
-- Listings by user, and by user and path: one range of one scope.
CREATE INDEX mx_access_log_scope ON mx_access_log (scope_id, at DESC, entry_id DESC);
-- Listings of a whole workspace, by time and by actor: newest first, until the page is full. It grows at its right edge
-- alone, so that it costs a call about a tenth of what a third key by actor or by path would.
CREATE INDEX mx_access_log_time ON mx_access_log (at DESC, entry_id DESC);
-- Listings by dream. Partial: a call outside a dream pays nothing for it.
CREATE INDEX mx_access_log_dream ON mx_access_log (scope_id, dream_id, at DESC, entry_id DESC)
  WHERE dream_id IS NOT NULL;
-- Catches what no month covers, so that a late sweep never fails a call; stays empty otherwise.
CREATE TABLE mx_access_log_default PARTITION OF mx_access_log DEFAULT;
