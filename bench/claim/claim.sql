-- One claim for every user, undone: how many dreams it granted, how many rows it read, how many milliseconds it took.
SAVEPOINT claim;
SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) AS read_before
  FROM pg_stat_xact_user_tables \gset
SELECT clock_timestamp() AS begun \gset
SELECT count(*) AS granted
  FROM mx_assign_1(gen_random_uuid(), 'bench', :users, 1::smallint, 'bench', NULL) \gset
SELECT extract(epoch FROM clock_timestamp() - :'begun'::timestamptz) * 1000 AS milliseconds \gset
SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) - :read_before AS rows_read
  FROM pg_stat_xact_user_tables \gset
ROLLBACK TO SAVEPOINT claim;
\echo claim :granted :rows_read :milliseconds
