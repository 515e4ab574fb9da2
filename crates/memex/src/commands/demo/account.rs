//! The account of what the dreams left: statements, revisions, access-log rows.

use memex_proto::v1::{DreamLedger, ListAccessLogRequest, ListRevisionsRequest};

use super::dreams::{Applied, Dreamt, most_telling};
use super::expectations::Expectations;
use super::people::People;
use crate::commands::access::list_access;
use crate::commands::files::list_revisions;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::ledger;
use memex_view::{AccessView, RevisionView};

/// More than one dream of ten ops can leave.
const ROWS: usize = 1_000;

/// One dream's revisions and access-log rows.
pub struct Traces {
    /// Newest first.
    pub revisions: Vec<RevisionView>,
    /// Newest first.
    pub access: Vec<AccessView>,
}

/// What all of the dreams left.
pub struct Account {
    /// For each person in order: the sums of all their dreams.
    pub ledgers: Vec<(&'static str, DreamLedger)>,
    /// How many revisions the dreams made.
    pub revisions: usize,
    /// How many access-log rows the dreams left.
    pub access: usize,
    /// Those of the dream that is undone afterwards, to be shown.
    pub shown: Option<Traces>,
}

/// Asks for all of it, and compares.
pub async fn take(people: &People, dreamt: &[Dreamt], expect: &mut Expectations) -> Result<Account, Failure> {
    let mut account = Account { ledgers: Vec::new(), revisions: 0, access: 0, shown: None };
    let telling = most_telling(dreamt);
    for (at, person) in dreamt.iter().enumerate() {
        let ledgers: Vec<_> = person.applied.iter().filter_map(|applied| applied.dream.ledger.as_ref()).collect();
        let sums = total(ledgers.iter().copied());
        ledgers.iter().for_each(|ledger| add_up(person.user, ledger, expect));
        expect.that(sums.duplicate > 0, || format!("no duplicate of {} was found", person.user));
        account.ledgers.push((person.user, sums));
        for applied in &person.applied {
            let traces = traces(&people.operator, person.user, applied).await?;
            compare(applied, &traces, expect);
            account.revisions += traces.revisions.len();
            account.access += traces.access.len();
            if Some(at) == telling {
                // The last one stays.
                account.shown = Some(traces);
            }
        }
    }
    Ok(account)
}

/// Several dreams' sums in one ledger.
pub fn total<'a>(ledgers: impl IntoIterator<Item = &'a DreamLedger>) -> DreamLedger {
    ledgers.into_iter().fold(DreamLedger::default(), |sum, one| DreamLedger {
        statements_before: sum.statements_before + one.statements_before,
        kept: sum.kept + one.kept,
        duplicate: sum.duplicate + one.duplicate,
        superseded: sum.superseded + one.superseded,
        merged: sum.merged + one.merged,
        moved: sum.moved + one.moved,
        rewritten: sum.rewritten + one.rewritten,
        added: sum.added + one.added,
        tidied_files: sum.tidied_files + one.tidied_files,
    })
}

/// Every statement before is somewhere afterwards, and none came from nowhere.
fn add_up(user: &str, ledger: &DreamLedger, expect: &mut Expectations) {
    let DreamLedger { statements_before, kept, duplicate, superseded, merged, moved, rewritten, added, .. } = *ledger;
    expect.that(kept + duplicate + superseded + merged + moved + rewritten == statements_before, || {
        format!("the ledger of {user} does not add up: {}", ledger::summary(ledger))
    });
    expect.that(added == 0, || format!("a dream of {user} added {added} statements"));
}

async fn traces(operator: &Context, user: &str, applied: &Applied) -> Result<Traces, Failure> {
    let (user_id, dream_id) = (user.to_owned(), applied.dream.dream_id.clone());
    let revisions = ListRevisionsRequest { user_id: user_id.clone(), dream_id: dream_id.clone(), ..Default::default() };
    let revisions = list_revisions(operator, &revisions, ROWS).await?.into_views().entries;
    let access = ListAccessLogRequest { user_id, dream_id, ..Default::default() };
    let access = list_access(operator, &access, ROWS).await?.entries;
    Ok(Traces { revisions, access })
}

/// One revision for each op and one for the dream log, each with its row in the access log.
fn compare(applied: &Applied, traces: &Traces, expect: &mut Expectations) {
    let id = &applied.dream.dream_id;
    let (revisions, ops) = (traces.revisions.len(), applied.ops.len());
    expect.that(revisions == ops + 1, || {
        format!("{id} has {ops} ops and left {revisions} revisions instead of one more")
    });
    let logged = |revision: &RevisionView| {
        traces.access.iter().any(|row| {
            row.path == revision.path
                && row.file_version == revision.version
                && row.operation == revision.operation
                && row.outcome == "ok"
        })
    };
    for revision in traces.revisions.iter().filter(|revision| !logged(revision)) {
        expect.that(false, || format!("{} at version {} has no access-log row", revision.path, revision.version));
    }
}
