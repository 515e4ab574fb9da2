//! Finds the statements that people removed, from the revisions since it was last looked.

use std::collections::{BTreeSet, HashSet};

use memex_core::actor::{Operation, Role};
use memex_curation::{Said, said};

use super::blocking;
use super::digest::{Digest, ForgetKey};
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::dreams::lock_scope;
use crate::store::forgotten as rows;
use crate::store::forgotten::ChangeRow;

/// Revisions that are read at once.
const PAGE: i64 = 100;

/// Revisions that one dream looks at; the next goes on behind them.
const MOST_REVISIONS: usize = 2_000;

/// Bytes of text that one dream looks at before it stops: with the last page a few times as many.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Files whose texts are looked through at once.
const FILES_AT_ONCE: i64 = 100;

/// How often a redaction goes on before it gives up: two million revisions.
const MOST_ROUNDS: usize = 1_000;

/// What was found. Neither holds a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// The sequence from which it was looked.
    pub base: i64,
    /// The sequence up to which.
    pub through: i64,
    /// What people removed and what stands nowhere.
    pub forget: Vec<Digest>,
    /// What somebody else than a dream said.
    pub lift: Vec<Digest>,
}

/// Looks at the revisions since the last time, at most so many. Without locks: what is written meanwhile, the next look
/// finds.
///
/// # Errors
/// Where Postgres fails.
pub async fn derive(store: &Store, scope: i64) -> Result<(ForgetKey, Derived)> {
    let mut connection = store.pool().acquire().await?;
    let (key, base) = rows::key(&mut connection, scope).await?;
    let (mut walk, mut through) = (Walk::default(), base);
    while walk.revisions < MOST_REVISIONS && walk.bytes < MOST_BYTES {
        let page = rows::changes_after(&mut connection, scope, through, PAGE).await?;
        let Some(last) = page.last() else { break };
        through = last.sequence;
        walk = blocking(move || walk.passed(page)).await?;
    }
    drop(connection);
    let mut after = String::new();
    while !walk.removed.is_empty() {
        let heads = store.scope_heads(scope, &after, FILES_AT_ONCE).await?;
        let Some(last) = heads.last() else { break };
        after.clone_from(&last.path);
        walk = blocking(move || walk.without(heads.iter().map(|head| head.text.as_str()))).await?;
    }
    let digests = |texts: &BTreeSet<String>| texts.iter().map(|text| key.statement(text)).collect();
    let derived = Derived { base, through, forget: digests(&walk.removed), lift: digests(&walk.said) };
    Ok((key, derived))
}

/// Looks at all revisions that there are, and stores what is found: before one of them is emptied.
///
/// # Errors
/// Where Postgres fails.
pub async fn catch_up(store: &Store, scope: i64) -> Result<()> {
    // Shared scopes have ids below 0, and nobody dreams over them.
    if scope < 0 {
        return Ok(());
    }
    for _ in 0..MOST_ROUNDS {
        let (_, derived) = derive(store, scope).await?;
        if derived.through == derived.base {
            return Ok(());
        }
        let mut tx = store.begin_on(scope).await?;
        lock_scope(&mut tx, scope).await?;
        super::store(&mut tx, scope, None, &derived).await?;
        tx.commit().await?;
    }
    Err(Error::Unexpected("a history does not end"))
}

/// What revisions did to statements, one after another.
#[derive(Debug, Default)]
struct Walk {
    removed: BTreeSet<String>,
    said: BTreeSet<String>,
    revisions: usize,
    bytes: usize,
}

impl Walk {
    fn passed(mut self, page: Vec<ChangeRow>) -> Self {
        for change in page {
            self.revisions += 1;
            let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            self.bytes += text(&change.before) + text(&change.after);
            self.pass(&change);
        }
        self
    }

    /// A redacted text tells nothing: a redaction has looked at it before it emptied it.
    fn pass(&mut self, change: &ChangeRow) {
        if change.dreamt || change.redacted || change.operation == Operation::DreamLog.code() {
            return;
        }
        let before = change.before.as_deref().unwrap_or_default();
        let after = change.after.as_deref().unwrap_or_default();
        for new in Said::beyond(after, before) {
            self.removed.remove(&new.text);
            self.said.insert(new.text);
        }
        if removes(change) {
            for gone in Said::beyond(before, after) {
                self.said.remove(&gone.text);
                self.removed.insert(gone.text);
            }
        }
    }

    /// What stands in these texts was not removed from the scope.
    fn without<'a>(mut self, texts: impl Iterator<Item = &'a str>) -> Self {
        let standing: HashSet<String> = texts.flat_map(said).map(|one| one.text).collect();
        self.removed.retain(|text| !standing.contains(text));
        self
    }
}

/// Whether a person took away what went. An agent rewrites its notes all the time; a revert takes back what a dream did; of
/// what an archive brought, nobody knows who did it.
fn removes(change: &ChangeRow) -> bool {
    let person = change.role == Some(Role::Backend.code()) || change.role == Some(Role::Operator.code());
    person && !change.imported && change.operation != Operation::Revert.code()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(role: Role, before: &str, after: &str) -> ChangeRow {
        ChangeRow {
            sequence: 1,
            operation: Operation::Write.code(),
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
            role: Some(role.code()),
            dreamt: false,
            imported: false,
            redacted: false,
        }
    }

    fn removed(changes: Vec<ChangeRow>) -> Vec<String> {
        Walk::default().passed(changes).removed.into_iter().collect()
    }

    #[test]
    fn what_a_person_takes_away_is_removed_and_what_anybody_says_again_is_not() {
        let gone = change(Role::Operator, "- Ada swims.\n- Ada sings.\n", "- Ada sings.\n");
        assert_eq!(removed(vec![gone.clone()]), ["ada swims"]);
        assert_eq!(removed(vec![change(Role::Backend, "- Ada swims.\n", "")]), ["ada swims"]);
        assert_eq!(removed(vec![change(Role::Agent, "- Ada swims.\n", "")]), Vec::<String>::new());
        let again = change(Role::Agent, "", "* Ada swims\n");
        assert_eq!(removed(vec![gone.clone(), again.clone()]), Vec::<String>::new());
        let dream = ChangeRow { dreamt: true, ..again };
        assert_eq!(removed(vec![gone.clone(), dream]), ["ada swims"]);
        let written_otherwise = change(Role::Operator, "- Ada swims.\n", "* Ada  swims\n");
        assert_eq!(removed(vec![written_otherwise]), Vec::<String>::new());
        for other in [
            ChangeRow { operation: Operation::Revert.code(), ..gone.clone() },
            ChangeRow { imported: true, ..gone.clone() },
            ChangeRow { redacted: true, ..gone },
        ] {
            assert_eq!(removed(vec![other]), Vec::<String>::new());
        }
    }

    #[test]
    fn what_stands_elsewhere_is_not_removed() {
        let walk = Walk::default().passed(vec![change(Role::Operator, "- Ada swims.\n- Ben.\n", "")]);
        let left = walk.without(["# Sports\n\n* Ada swims\n"].into_iter()).removed;
        assert_eq!(left.into_iter().collect::<Vec<_>>(), ["ben"]);
    }
}
