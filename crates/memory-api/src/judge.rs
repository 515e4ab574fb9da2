//! How a sealed changeset is judged: its account is computed without locks on a blocking thread; what follows from it is
//! decided later, under the scope's lock.

mod decision;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use memex_core::diff::DiffStat;
use memex_core::dream_log::DreamLogCounts;
use memex_core::ids::DreamId;
use memex_core::keys::neutral_phrases;
use memex_curation::ledger::{JudgedFile, Ledger, judge};
use memex_curation::{Rules, SourceFile, Treatment, TreatmentKind, count_statements, is_curated};
use uuid::Uuid;

use crate::convert;
use crate::error::{Error, Result};
use crate::forgotten::{self, Derived, Site};
use crate::guards::Guards;
use crate::staged_treatments::{in_base_lines, treatments};
use crate::store::Store;
use crate::store::changesets::{HeadText, StagedOp, head_texts};
use crate::store::dreams::dream_rules;
use crate::store::line_origins::LineOrigins;

pub use decision::{Case, Verdict, allowed_loss, decide, violations};

/// How many texts are counted at a time.
const COUNTED_AT_ONCE: i64 = 100;

/// A changeset with its account.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Its ops, in order.
    pub ops: Vec<StagedOp>,
    /// The files whose text its ops change in the end.
    pub changed: BTreeSet<String>,
    /// The files that it touches or cites, each with the version of the snapshot; 0: no file.
    pub files: BTreeMap<String, i64>,
    /// The account.
    pub ledger: Ledger,
    /// What the dream log says.
    pub counts: DreamLogCounts,
    /// Statements of all files that a dream may touch; counted only where any is lost, else 0.
    pub scope_statements: u32,
    /// Where it could bring back what is forgotten.
    pub sites: Vec<Site>,
    /// What people removed since that was last looked for.
    pub derived: Derived,
}

/// Computes the account of a sealed changeset over the snapshot. Where the user's files have moved meanwhile, the account
/// is of no use and the decision finds the dream overtaken.
///
/// Judged by the workspace's `dream_neutral` as it is now, whatever the worker was given.
///
/// Judged over all of the user's files, since another value of a line may stand in any of them; over those that it touches
/// and cites where all together are more than the dream may read.
///
/// # Errors
/// Where Postgres fails, or a stored treatment cannot be read.
#[tracing::instrument(name = "dream.judge", skip_all, fields(dream.id = %dream, dream.ops = ops.len()))]
pub async fn account(store: &Store, guards: Guards, dream: DreamId, ops: Vec<StagedOp>) -> Result<Judged> {
    let changes = Changes::of(&ops, guards)?;
    let known = dream_rules(store.pool(), dream).await?.ok_or(Error::Unexpected("a sealed dream does not exist"))?;
    let neutral = neutral_phrases(&known.neutral);
    let rules = Rules::on(known.as_of.ok_or(Error::Unexpected("a claimed dream has no day"))?)
        .with_neutral(neutral.iter().map(String::as_str));
    let (named, files) = (changes.paths(), changes.versions());
    let (heads, rules) = match heads(store, dream.scope, &named, known.max_read_bytes).await? {
        Some(heads) => (heads, rules),
        None => (head_texts(store.pool(), dream.scope, &named).await?, rules.over_a_part()),
    };
    let versions: Vec<(Uuid, i64)> = heads.iter().map(|head| (head.file_id, head.version)).collect();
    let origins = if guards.source { store.line_origins(dream.scope, &versions).await? } else { HashMap::new() };
    let (sites, derived) = match guards.forgotten {
        true => sites(store, guards, dream.scope, &ops, &heads).await?,
        false => (Vec::new(), Derived::default()),
    };
    let (ledger, counts, changed) = blocking(move || changes.judge(heads, &origins, &rules)).await?;
    let scope_statements = if ledger.lost_word_for_word > 0 { scope_statements(store, dream.scope).await? } else { 0 };
    Ok(Judged { ops, changed, files, ledger, counts, scope_statements, sites, derived })
}

/// Where the changeset could bring back what is forgotten, and what people removed since that was last looked for.
async fn sites(
    store: &Store,
    guards: Guards,
    scope: i64,
    ops: &[StagedOp],
    heads: &[HeadText],
) -> Result<(Vec<Site>, Derived)> {
    let (key, derived) = forgotten::derive(store, scope).await?;
    let places = forgotten::cited_places(ops, guards)?;
    let texts = heads.iter().map(|head| ((head.path.clone(), head.version), &head.text));
    let texts = texts.filter(|(place, _)| places.binary_search(place).is_ok());
    let texts = texts.map(|(place, text)| (place, text.clone())).collect();
    let ops = ops.to_vec();
    let sites = blocking(move || forgotten::of_changeset(&key, &ops, &texts, guards)).await??;
    Ok((sites, derived))
}

/// Every file that a dream may touch, and those that the changeset names, whatever they are; `None` where they have more
/// bytes together than the dream may read.
async fn heads(store: &Store, scope: i64, named: &[String], max_bytes: i64) -> Result<Option<Vec<HeadText>>> {
    let (mut heads, mut bytes, mut after) = (Vec::new(), 0, String::new());
    loop {
        let page = store.scope_heads(scope, &after, COUNTED_AT_ONCE).await?;
        let Some(last) = page.last() else { return Ok(Some(heads)) };
        after.clone_from(&last.path);
        let known = |head: &HeadText| named.contains(&head.path) || is_curated(&head.path, &head.text);
        for head in page.into_iter().filter(known) {
            bytes += i64::try_from(head.text.len()).unwrap_or(i64::MAX);
            heads.push(head);
        }
        if bytes > max_bytes {
            return Ok(None);
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Unexpected("judging a changeset panicked"))
}

/// Counts the statements of every file that a dream may touch.
async fn scope_statements(store: &Store, scope: i64) -> Result<u32> {
    let mut after = String::new();
    let mut count = 0;
    loop {
        let texts = store.scope_heads(scope, &after, COUNTED_AT_ONCE).await?;
        let Some(last) = texts.last() else { return Ok(count) };
        after.clone_from(&last.path);
        count += blocking(move || {
            texts
                .iter()
                .filter(|head| is_curated(&head.path, &head.text))
                .map(|head| count_statements(&head.text))
                .sum::<u32>()
        })
        .await?;
    }
}

/// What the ops of one file do together.
#[derive(Clone, Debug, Default)]
struct FileChange {
    base_version: i64,
    /// The text after each op.
    texts: Vec<Option<String>>,
    /// The treatments of each op, in the lines of the text before it.
    treatments: Vec<Vec<Treatment>>,
}

/// The ops by file, and the files that their treatments cite.
#[derive(Clone, Debug)]
struct Changes {
    files: BTreeMap<String, FileChange>,
    /// Each with the version that is cited; the lowest where several are.
    cited: BTreeMap<String, i64>,
}

impl Changes {
    fn of(ops: &[StagedOp], guards: Guards) -> Result<Self> {
        let mut changes = Changes { files: BTreeMap::new(), cited: BTreeMap::new() };
        for op in ops {
            let treatments = treatments(op, guards)?;
            for source in treatments.iter().flat_map(|one| &one.sources) {
                let version = changes.cited.entry(source.path.clone()).or_insert(source.version);
                *version = source.version.min(*version);
            }
            let file = changes.files.entry(op.path.clone()).or_default();
            if file.texts.is_empty() {
                file.base_version = op.base_version;
            }
            file.texts.push(op.text.clone());
            file.treatments.push(treatments);
        }
        changes.cited.retain(|path, _| !changes.files.contains_key(path));
        Ok(changes)
    }

    fn paths(&self) -> Vec<String> {
        self.files.keys().chain(self.cited.keys()).cloned().collect()
    }

    fn versions(&self) -> BTreeMap<String, i64> {
        let touched = self.files.iter().map(|(path, change)| (path.clone(), change.base_version));
        touched.chain(self.cited.clone()).collect()
    }

    fn judge(
        self,
        heads: Vec<HeadText>,
        origins: &HashMap<Uuid, Arc<LineOrigins>>,
        rules: &Rules,
    ) -> (Ledger, DreamLogCounts, BTreeSet<String>) {
        let mut sources: BTreeMap<String, SourceFile> =
            heads.into_iter().map(|head| (head.path.clone(), source_file(head, origins))).collect();
        let (mut touched, mut known) = (Vec::new(), Vec::new());
        for (path, change) in self.files {
            match change.judged(&mut sources, path) {
                // Ops that took each other back: the file is not touched.
                JudgedFile { before: Some(before), after: Some(after), .. } if before.text == after => {
                    known.push(before)
                }
                judged => touched.push(judged),
            }
        }
        known.extend(sources.into_values());
        let ledger = judge(&touched, &known, rules);
        let counts = counts(&ledger, &touched);
        (ledger, counts, touched.into_iter().map(|file| file.path).collect())
    }
}

impl FileChange {
    fn judged(self, sources: &mut BTreeMap<String, SourceFile>, path: String) -> JudgedFile {
        let before = sources.remove(&path).filter(|file| file.version == self.base_version);
        let base = before.as_ref().map_or("", |file| file.text.as_str());
        let treatments = in_base_lines(base, &self.texts, self.treatments);
        JudgedFile { path, after: self.texts.into_iter().next_back().flatten(), treatments, before }
    }
}

fn source_file(head: HeadText, origins: &HashMap<Uuid, Arc<LineOrigins>>) -> SourceFile {
    let lines = origins.get(&head.file_id).map(|origins| origins.of(&head.text)).unwrap_or_default();
    let origins = lines.into_iter().map(convert::origin).collect();
    SourceFile { path: head.path, version: head.version, text: head.text, origins }
}

/// What the dream log says, from the real diff: lines that are tidied are those that changed beyond the dropped ones.
fn counts(ledger: &Ledger, touched: &[JudgedFile]) -> DreamLogCounts {
    DreamLogCounts {
        files: u32::try_from(touched.len()).unwrap_or(u32::MAX),
        duplicates: ledger.duplicate,
        contradictions: ledger.superseded,
        joined: ledger.merged,
        moved: ledger.moved,
        tidied: touched.iter().map(tidied_lines).sum(),
        rewritten: ledger.rewritten,
    }
}

fn tidied_lines(file: &JudgedFile) -> u32 {
    if !file.treatments.iter().any(|one| one.kind == TreatmentKind::Tidy) {
        return 0;
    }
    let before = file.before.as_ref().map_or("", |file| file.text.as_str());
    let stat = DiffStat::of(before, file.after.as_deref().unwrap_or_default());
    let dropped =
        file.treatments.iter().filter(|one| one.kind == TreatmentKind::DropDuplicate).filter_map(|one| one.before);
    // The ranges are a worker's word: they may be absurd, and are only summed up here.
    let dropped = dropped.fold(0_u32, |sum, lines| sum.saturating_add(lines.last - lines.first).saturating_add(1));
    stat.added_lines.max(stat.removed_lines.saturating_sub(dropped))
}

#[cfg(test)]
mod tests;
