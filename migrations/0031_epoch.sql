-- The lives of this database, the newest last: a cursor of a watch is good for one of them. A dump that is restored, or
-- a standby that takes over, begins another.
CREATE TABLE mx_epoch (
  number bigint GENERATED ALWAYS AS IDENTITY,
  epoch_id uuid NOT NULL,
  system_identifier bigint NOT NULL,
  database oid NOT NULL,
  timeline text NOT NULL,
  since timestamptz NOT NULL DEFAULT mx_now(),
  CONSTRAINT mx_epoch_pk PRIMARY KEY (number)
);
