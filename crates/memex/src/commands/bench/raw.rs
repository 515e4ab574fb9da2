//! What a bench compares with: the service's own statement with one item, and the yardstick, both by pgbench.

use std::time::Duration;

use super::measured::Measured;
use super::pgbench::Programs;
use super::target::Bench;
use super::work::{Work, body};
use crate::failure::Failure;

/// The text of a script of `bench/`.
macro_rules! script {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/", $name))
    };
}
pub(super) use script;

/// The scopes of the users that are measured over, in their order.
const SCOPES: &str =
    "SELECT scope_id FROM mx_scope WHERE kind = 1 AND user_id LIKE 'bench-%' ORDER BY user_id LIMIT :users";

/// The arguments of the service's function that the script does not name: those of a later version are left empty.
const FURTHER: &str = "
SELECT format(', %s => ARRAY[NULL]::%s', a.name, format_type(a.type, NULL))
  FROM pg_proc p, unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) AS a(name, type)
 WHERE p.proname = 'mx_commit_1' AND position(a.name || ' ' IN :'script') = 0";

/// Both, ready to be run.
#[derive(Debug)]
pub(super) struct Raw {
    programs: Programs,
    own: String,
    reference: String,
}

impl Raw {
    /// Makes the yardstick's tables anew and fills them.
    pub(super) async fn prepare(url: &str, work: Work, bench: &Bench<'_>) -> Result<Self, Failure> {
        let (own, reference) = match work {
            Work::Write => (script!("own/write.sql"), script!("reference/write.sql")),
            Work::Read => (script!("own/read.sql"), script!("reference/read.sql")),
            _ => return Err(Failure::Usage("--against raw is for write and read alone".to_owned())),
        };
        let programs = Programs::find(url)?;
        let printed = programs.psql(SCOPES, &[("users", bench.users.to_string())]).await?;
        let scopes: Vec<&str> = printed.split_whitespace().collect();
        if scopes.len() != bench.users as usize {
            let told = "this database is not the deployment's: it has none of the users that were just made";
            return Err(Failure::Usage(format!("--database-url: {told}")));
        }
        let further = programs.psql(FURTHER, &[("script", own.to_owned())]).await?;
        let own = own.replace("{more}", &further.split('\n').collect::<String>());
        programs.psql(script!("reference/setup.sql"), &[]).await?;
        let filled =
            [("scopes", format!("{{{}}}", scopes.join(","))), ("files", bench.files.to_string()), ("body", body())];
        programs.psql(script!("reference/fill.sql"), &filled).await?;
        programs.psql("ANALYZE", &[]).await?;
        let drawn = drawn(&scopes, bench.files);
        Ok(Self { programs, own: format!("{drawn}{own}"), reference: format!("{drawn}{reference}") })
    }

    /// The service's own statement.
    pub(super) async fn own(&self, clients: u32, time: Duration) -> Result<Measured, Failure> {
        self.programs.pgbench(&self.own, &body(), clients, time).await
    }

    /// The yardstick.
    pub(super) async fn reference(&self, clients: u32, time: Duration) -> Result<Measured, Failure> {
        self.programs.pgbench(&self.reference, &body(), clients, time).await
    }
}

/// How a script draws the scope, the file and what makes each text another.
fn drawn(scopes: &[&str], files: u32) -> String {
    // Every scope but the last is a case; the last is what remains.
    let last = scopes.last().copied().unwrap_or("0");
    let cases: String =
        scopes.iter().enumerate().map(|(n, scope)| format!(" WHEN :n = {} THEN {scope}", n + 1)).collect();
    format!(
        "\\set n random(1, {})\n\\set scope CASE{cases} ELSE {last} END\n\\set file random(1, {files})\n\\set salt random(1, 2000000000)\n",
        scopes.len().max(1)
    )
}

#[cfg(test)]
mod tests {
    use super::drawn;

    #[test]
    fn each_scope_is_drawn_by_its_number() {
        let script = drawn(&["17", "19"], 20);
        assert!(script.starts_with(
            "\\set n random(1, 2)\n\\set scope CASE WHEN :n = 1 THEN 17 WHEN :n = 2 THEN 19 ELSE 19 END\n"
        ));
    }
}
