-- The epochs of this database, the newest last: a cursor of a watch is good for one of them. A restored dump, or a
-- standby that takes over, begins another. Epochs are ordered by a counter of their own, which mx_epoch_begin_1 takes
-- under its lock: an identity column gives no order over time.
CREATE TABLE mx_epoch (
  number bigint NOT NULL,                              -- one above the epoch before
  epoch_id uuid NOT NULL,
  system_identifier bigint NOT NULL,
  database oid NOT NULL,
  timeline text NOT NULL,
  since timestamptz NOT NULL DEFAULT mx_now(),
  CONSTRAINT mx_epoch_pk PRIMARY KEY (number)
);
