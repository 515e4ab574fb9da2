-- The yardstick's own tables: the least that keeps a file, its revisions and who touched them.
DROP SCHEMA IF EXISTS mx_bench_ref CASCADE;
CREATE SCHEMA mx_bench_ref;
CREATE TABLE mx_bench_ref.file (
  scope_id bigint NOT NULL,
  path text NOT NULL,
  version bigint NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (scope_id, path)
);
CREATE TABLE mx_bench_ref.revision (
  scope_id bigint NOT NULL,
  path text NOT NULL,
  version bigint NOT NULL,
  text text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (scope_id, path, version)
);
CREATE TABLE mx_bench_ref.access_log (
  at timestamptz NOT NULL,
  scope_id bigint NOT NULL,
  operation smallint NOT NULL,
  path text NOT NULL,
  version bigint NOT NULL,
  actor text NOT NULL
);
