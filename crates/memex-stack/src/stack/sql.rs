//! What a stack tells its database: time, switches.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgExecutor, PgPool};

/// The database as its owner, for a test's own questions.
pub(super) fn pool(url: &str) -> Result<PgPool, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?.application_name("memex test").disable_statement_logging();
    Ok(PgPoolOptions::new().max_connections(4).connect_lazy_with(options))
}

/// Makes `mx_now()` the machine's time and an offset that a test moves. Only a test's template has this table.
pub(super) async fn make_time_movable(url: &str) -> Result<(), sqlx::Error> {
    let mut owner = PgConnection::connect(url).await?;
    sqlx::raw_sql(
        "-- stack.movable_time
        CREATE TABLE public.mx_test_clock (moved interval NOT NULL);
        INSERT INTO public.mx_test_clock (moved) VALUES (interval '0');
        GRANT SELECT ON public.mx_test_clock TO memex_app;
        CREATE OR REPLACE FUNCTION mx_now() RETURNS timestamptz LANGUAGE sql VOLATILE
          AS $$ SELECT clock_timestamp() + (SELECT moved FROM public.mx_test_clock) $$;",
    )
    .execute(&mut owner)
    .await?;
    owner.close().await
}

/// Lets time pass in the database, in which memory-api lived: mx_alive is moved along, so that this is no outage.
#[expect(clippy::disallowed_methods, reason = "a test's own transaction is sqlx's")]
pub(super) async fn advance(owner: &PgPool, time: Duration) -> Result<(), sqlx::Error> {
    let mut both = owner.begin().await?;
    // First, as mx_alive_1 does, which reads the time under this lock.
    sqlx::query("-- stack.alive\nUPDATE mx_alive SET at = at + make_interval(secs => $1)")
        .bind(time.as_secs_f64())
        .execute(&mut *both)
        .await?;
    move_clock(&mut *both, time).await?;
    both.commit().await
}

/// Lets time pass in the database in which nothing could be stored.
pub(super) async fn outage(owner: &PgPool, time: Duration) -> Result<(), sqlx::Error> {
    move_clock(owner, time).await
}

async fn move_clock(executor: impl PgExecutor<'_>, time: Duration) -> Result<(), sqlx::Error> {
    sqlx::query("-- stack.advance\nUPDATE mx_test_clock SET moved = moved + make_interval(secs => $1)")
        .bind(time.as_secs_f64())
        .execute(executor)
        .await?;
    Ok(())
}

/// Switches dreaming on or off for the deployment and every workspace.
pub(super) async fn switch_dreaming(owner: &PgPool, on: bool) -> Result<(), sqlx::Error> {
    sqlx::query(
        "-- stack.switch_dreaming
        INSERT INTO mx_config (workspace_id, key, value, updated_by)
        SELECT workspace_id, 'dream_enabled', $1, 'test' FROM (SELECT workspace_id FROM mx_workspace UNION ALL SELECT 0) AS w
        ON CONFLICT ON CONSTRAINT mx_config_pk DO UPDATE SET value = EXCLUDED.value",
    )
    .bind(on.to_string())
    .execute(owner)
    .await?;
    Ok(())
}

/// Minutes after which everybody who is not blocked is due: the longest grace, stretched as far as overtaken dreams
/// stretch it, the longest interval, and one more.
pub(super) async fn quiet_minutes(owner: &PgPool) -> Result<u64, sqlx::Error> {
    let minutes: i32 = sqlx::query_scalar(
        "-- stack.quiet_minutes
        SELECT coalesce(max(8 * mx_setting_1(workspace_id, 'dream_grace_period_minutes')::integer
                            + mx_setting_1(workspace_id, 'dream_interval_minutes')::integer), 0) + 1 FROM mx_workspace",
    )
    .fetch_one(owner)
    .await?;
    Ok(u64::try_from(minutes).unwrap_or(0))
}
