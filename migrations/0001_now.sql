-- The one clock of the database. Time is read under the lock that a decision is made under, never at the start of
-- the transaction. The one unversioned function: tests replace it to let quiet pass at once.
CREATE FUNCTION mx_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT clock_timestamp() $$;
