-- What an archive tells of dreams, ops and calls elsewhere, line by line as it stood there. Kept apart from the
-- tables of our own, so that nothing looks as if it had happened here; an export gives the lines on, marked as
-- imported.
CREATE TABLE mx_imported (
  scope_id bigint NOT NULL,
  kind smallint NOT NULL,                              -- 1 dream, 2 dream_op, 3 access
  number bigint NOT NULL,                              -- its place among those of its kind
  dream text COLLATE "C",                              -- of a dream: its id there, as callers know it
  line text COMPRESSION lz4 NOT NULL,                  -- JSON; a NUL in it is escaped
  CONSTRAINT mx_imported_pk PRIMARY KEY (scope_id, kind, number)
);
CREATE UNIQUE INDEX mx_imported_dream ON mx_imported (dream, scope_id) WHERE dream IS NOT NULL;
