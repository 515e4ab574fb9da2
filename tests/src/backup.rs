//! Backups: a whole database as pg_dump writes it.

use std::process::Command;

use memex_stack::postgres::find_binaries;
use memex_stack::stack::Stack;

/// The stack's database as an operator's backup would have it.
///
/// # Panics
/// Where pg_dump fails.
pub fn dumped(stack: &Stack) -> String {
    let dump = find_binaries().expect("there is a Postgres").dir.join("pg_dump");
    let out = Command::new(dump).arg("--dbname").arg(stack.database_url()).output().expect("pg_dump can be started");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("pg_dump writes text")
}
