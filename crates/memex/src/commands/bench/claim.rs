//! `bench claim`: what one claim reads and how long it takes, where users wrote little since their last dream and where
//! they wrote much. Runs in a transaction that is rolled back, in a workspace of its own.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::pgbench::Programs;
use super::raw::script;
use crate::failure::Failure;
use crate::output;
use crate::output::progress;
use crate::output::table::{Table, numbers};

/// How many changes each user has that no dream has seen.
const CHANGES: [u32; 2] = [200, 20_000];

/// How many changes `changes.sql` writes in a batch.
const BATCH: u32 = 200;

/// Around the writing: rows that the same transaction made obsolete stay in their table, and a scan of a whole table
/// would pass over all of them for each change.
const BY_INDEX: [&str; 2] = ["SET LOCAL enable_seqscan = off;\n", "SET LOCAL enable_seqscan = on;\nANALYZE;\n"];

/// How many claims are measured for each number of changes.
const CLAIMS: usize = 5;

/// Runs it over so many users.
pub(super) async fn run(url: &str, users: u32, as_json: bool) -> Result<(), Failure> {
    let programs = Programs::find(url)?;
    let spinner = progress::spinner(format!("claims for {users} users"), as_json);
    let printed = programs.psql(&whole(), &[("users", users.to_string())]).await?;
    spinner.finish_and_clear();
    let claims: Vec<Claim> = printed.lines().filter_map(Claim::read).collect();
    if claims.len() != CHANGES.len() * CLAIMS {
        return Err(Failure::local("psql", format_args!("printed no account of the claims: {printed}")));
    }
    let found: Vec<Found> =
        CHANGES.into_iter().zip(claims.chunks(CLAIMS)).map(|(changes, claims)| Found::of(changes, claims)).collect();
    if as_json {
        let claims: Vec<Value> = found.iter().map(Found::json).collect();
        return Ok(output::json(&json!({"work": "claim", "users": users, "claims": claims}))?);
    }
    Ok(table(&found, &mut output::out())?)
}

/// The script: users, and for each number of changes what is missing to it and the claims.
fn whole() -> String {
    let mut script = script!("claim/begin.sql").to_owned();
    let mut written = 0;
    for changes in CHANGES {
        let batches = (changes - written) / BATCH;
        script.push_str(&format!("\\set batches {batches}\n"));
        script.push_str(&[BY_INDEX[0], script!("claim/changes.sql"), BY_INDEX[1]].concat());
        script.push_str(&script!("claim/claim.sql").repeat(CLAIMS));
        written = changes;
    }
    script + "ROLLBACK;\n"
}

/// One claim, as the script tells it.
#[derive(Debug, PartialEq)]
struct Claim {
    granted: u64,
    rows: u64,
    milliseconds: f64,
}

impl Claim {
    fn read(line: &str) -> Option<Self> {
        let mut fields = line.strip_prefix("claim ")?.split(' ');
        let mut field = || fields.next();
        Some(Claim {
            granted: field()?.parse().ok()?,
            rows: field()?.parse().ok()?,
            milliseconds: field()?.parse().ok()?,
        })
    }
}

/// The claims for one number of changes: the most dreams and rows of one, and the median of their times.
#[derive(Debug, PartialEq)]
struct Found {
    changes: u32,
    granted: u64,
    rows: u64,
    milliseconds: f64,
}

impl Found {
    fn of(changes: u32, claims: &[Claim]) -> Self {
        let mut times: Vec<f64> = claims.iter().map(|claim| claim.milliseconds).collect();
        times.sort_by(f64::total_cmp);
        Found {
            changes,
            granted: claims.iter().map(|claim| claim.granted).max().unwrap_or_default(),
            rows: claims.iter().map(|claim| claim.rows).max().unwrap_or_default(),
            milliseconds: times.get(times.len() / 2).copied().unwrap_or_default(),
        }
    }

    fn json(&self) -> Value {
        let p50 = (self.milliseconds * 100.0).round() / 100.0;
        json!({"changes": self.changes, "granted": self.granted, "rows": self.rows, "p50_ms": p50})
    }
}

fn table(found: &[Found], out: &mut impl Write) -> io::Result<()> {
    let mut table = Table::new(&[
        numbers("changes a user"),
        numbers("dreams claimed"),
        numbers("rows that one claim reads"),
        numbers("p50 ms"),
    ]);
    for found in found {
        let counts = [found.changes.to_string(), found.granted.to_string(), found.rows.to_string()];
        table.row(counts.into_iter().chain([format!("{:.2}", found.milliseconds)]));
    }
    table.write(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_script_prints_is_understood() {
        let claim = Claim { granted: 64, rows: 7_000, milliseconds: 31.5 };
        assert_eq!(Claim::read("claim 64 7000 31.500"), Some(claim));
        assert_eq!((Claim::read("64"), Claim::read("claim 64 7000")), (None, None));
    }

    #[test]
    fn the_median_time_is_told_and_the_most_rows() {
        let claim = |rows, milliseconds| Claim { granted: 2, rows, milliseconds };
        let found = Found::of(200, &[claim(5, 9.0), claim(7, 1.0), claim(6, 2.0)]);
        assert_eq!(found, Found { changes: 200, granted: 2, rows: 7, milliseconds: 2.0 });
    }

    #[test]
    fn the_script_writes_whole_batches() {
        assert!(CHANGES.iter().all(|changes| changes % BATCH == 0) && CHANGES.is_sorted());
        assert_eq!(whole().matches("SAVEPOINT claim;\n").count(), 2 * CLAIMS * CHANGES.len());
    }
}
