//! Brings a database to this version's schema: role, migrations, known keys, partitions. It stands in the first schema of
//! the owner's search path, `public` unless the URL says otherwise, and every function names that schema alone.

use memex_core::keys::{KEYS, Key, Narrowing};
use sqlx::{Connection as _, PgConnection, PgPool};

/// The migrations, embedded in the binary.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// How many months of the access log are made ahead, this one included.
const MONTHS: i32 = 4;

/// Why a database could not be brought to this version.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A migration failed.
    #[error("the migrations could not be run")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// Another build made the database, with a migration that had not its final shape.
    #[error(
        "the database was made by another build, whose migration {0} differs (before version 0.1.0 they may); export \
         memory with that build (`memex export`) and start with an empty database or data directory"
    )]
    OtherBuild(i64),
    /// A newer memory-api made the database.
    #[error(
        "the database is of a newer version: it has migration {0}, which this memory-api does not know; run that version"
    )]
    Newer(i64),
    /// The search path names no schema that exists.
    #[error(
        "the search path of the database's URL names no schema that exists; create the schema, or correct          `options[search_path]`"
    )]
    NoSchema,
    /// Another statement failed.
    #[error("the database could not be prepared")]
    Database(#[from] sqlx::Error),
}

impl From<sqlx::migrate::MigrateError> for MigrateError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::VersionMismatch(version) => Self::OtherBuild(version),
            sqlx::migrate::MigrateError::VersionMissing(version) => Self::Newer(version),
            other => Self::Migration(other),
        }
    }
}

/// Brings the schema to this version; a rerun changes nothing. Two at once wait for each other.
///
/// # Errors
/// Where the URL's role may not create roles or tables, or the database is of a newer version.
pub async fn migrate(owner: &PgPool) -> Result<(), MigrateError> {
    create_role(owner).await?;
    let mut connection = owner.acquire().await?.detach();
    narrow_search_path(&mut connection).await?;
    MIGRATIONS.run(&mut connection).await?;
    refresh_keys(&mut connection).await?;
    for ahead in 0..MONTHS {
        sqlx::query!(
            "-- migrate.partition\nSELECT mx_partition_1((mx_now() + make_interval(months => $1))::date)",
            ahead
        )
        .fetch_one(&mut connection)
        .await?;
    }
    Ok(connection.close().await?)
}

/// Each function keeps the search path that it was created under (`SET search_path FROM CURRENT`): the schema alone, and
/// temporary tables last, so that a table of the same name elsewhere is never read instead.
async fn narrow_search_path(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let narrowed = sqlx::query_scalar!(
        "-- migrate.schema\nSELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', false) FROM (SELECT WHERE current_schema() IS NOT NULL) AS is_there"
    );
    narrowed.fetch_optional(connection).await?.map(drop).ok_or(MigrateError::NoSchema)
}

/// The role belongs to the cluster, so that two databases of one cluster may make it at the same time, and so that it may
/// have been made before, for an owner who may make none.
async fn create_role(owner: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "-- migrate.role
        DO $$ BEGIN
          IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'memex_app') AND pg_has_role('memex_app', 'MEMBER') THEN RETURN; END IF;
          BEGIN CREATE ROLE memex_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'memex_app') THEN RAISE; END IF;
          END;
          BEGIN EXECUTE format('GRANT memex_app TO %I', current_user); EXCEPTION WHEN unique_violation THEN NULL; END;
        END $$"
    )
    .execute(owner)
    .await?;
    Ok(())
}

async fn refresh_keys(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let names: Vec<String> = KEYS.iter().map(|key| key.name.to_owned()).collect();
    let defaults: Vec<String> = KEYS.iter().map(|key| key.default.to_owned()).collect();
    let words = |key: &Key| match key.narrow {
        Narrowing::Order(words) => words.join(","),
        Narrowing::OneLevel | Narrowing::Both | Narrowing::Smallest => String::new(),
    };
    let words: Vec<String> = KEYS.iter().map(words).collect();
    sqlx::query!(
        "-- migrate.keys
        INSERT INTO mx_config_key (key, default_value, words)
        SELECT k, d, string_to_array(nullif(w, ''), ',') FROM unnest($1::text[], $2::text[], $3::text[]) AS known(k, d, w)
        ON CONFLICT (key) DO UPDATE SET default_value = EXCLUDED.default_value, words = EXCLUDED.words
          WHERE (mx_config_key.default_value, mx_config_key.words) IS DISTINCT FROM (EXCLUDED.default_value, EXCLUDED.words)",
        &names,
        &defaults,
        &words
    )
    .execute(connection)
    .await?;
    Ok(())
}
