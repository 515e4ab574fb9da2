//! Where the lines of a file come from: on which day each was first asserted and has stood since, whose word it is, and
//! from when until when it was said, with the copies that dreams dropped for it. All of it is derived from the revisions
//! and from the treatments of adopted ops.

mod dropping;
mod drops;
mod lines;
mod said;
mod walk;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use futures::TryStreamExt as _;
use memex_curation::Source;
use uuid::Uuid;

use self::drops::{DropRow, DroppingKey, Drops};
use self::lines::{Line, follow};
pub use self::said::Said;
use self::said::SaidDays;
use self::walk::{Revision, Walk, Walked};
use super::Store;
use crate::error::{Error, Result};

/// How many lines are remembered before the memory is emptied: about 40 bytes each.
const REMEMBERED_LINES: usize = 200_000;

/// Revisions that are followed at once: with the largest texts 16 MiB.
const PAGE: usize = 16;

/// A file at a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileVersion {
    /// Whose.
    pub scope: i64,
    /// Which file.
    pub file_id: Uuid,
    /// At which version.
    pub version: i64,
}

/// Where a line comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineOrigin {
    /// The day on which an agent or backend first asserted it; `None`: no revision dates it.
    pub asserted_on: Option<NaiveDate>,
    /// Who said it: the source of the revision in which it first stood. What was imported counts as an agent's; `None`:
    /// it is blank, or a dream brings it.
    pub source: Option<Source>,
    /// The days of the line and of the copies that dreams dropped for it: the day that is written with each, or the day
    /// of its assertion. `None` where dreams dropped none, or no day is known.
    pub said: Option<Said>,
}

/// Where the lines of one version of a file come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineOrigins(Vec<Line<LineOrigin>>);

impl LineOrigins {
    /// For each line of a text where it comes from: of the version itself, or of what ops of a dream have made of it.
    pub fn of(&self, text: &str) -> Vec<LineOrigin> {
        let lines = follow(&self.0, text, true, LineOrigin::default);
        lines.into_iter().map(|line| line.origin.unwrap_or_default()).collect()
    }
}

/// A cache of origins. An entry holds while its inputs are the same, because a version never changes.
#[derive(Clone, Debug, Default)]
pub struct Remembered(Arc<Mutex<KnownOrigins>>);

/// Per file version: what its origins rest on, and the origins.
type KnownOrigins = HashMap<FileVersion, (RestsOn, Arc<LineOrigins>)>;

/// The inputs of a file version's origins besides its revisions.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RestsOn {
    droppings: Vec<DroppingKey>,
    /// The day on which they were worked out, where there are droppings: a written day counts from that day on.
    today: Option<NaiveDate>,
}

impl RestsOn {
    fn new(drops: &Drops, behind: &BTreeSet<usize>) -> Self {
        Self { droppings: drops.keys(behind), today: drops.today.filter(|_| !behind.is_empty()) }
    }
}

impl Remembered {
    fn get(&self, file: &FileVersion, now: &RestsOn) -> Option<Arc<LineOrigins>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(file).filter(|(rests_on, _)| rests_on == now).map(|(_, origins)| Arc::clone(origins))
    }

    fn put(&self, file: FileVersion, rests_on: RestsOn, origins: Arc<LineOrigins>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: usize = known.values().map(|(_, origins)| origins.0.len()).sum();
        if lines + origins.0.len() > REMEMBERED_LINES {
            known.clear();
        }
        known.insert(file, (rests_on, origins));
    }
}

impl Store {
    /// Where the lines of these files of one scope come from: the current versions of any number of files, or one version
    /// of one. One statement for what dreams dropped, and one for all files that are not remembered.
    pub async fn line_origins(&self, scope: i64, files: &[(Uuid, i64)]) -> Result<HashMap<Uuid, Arc<LineOrigins>>> {
        if files.is_empty() {
            return Ok(HashMap::new());
        }
        let drops = self.drops(scope, files).await?;
        self.origins_after(scope, files, &drops).await
    }

    /// The same of one version of one file, where dreams dropped copies for lines of it; `None` where they dropped none.
    pub async fn line_origins_after_drops(&self, scope: i64, file: (Uuid, i64)) -> Result<Option<Arc<LineOrigins>>> {
        let drops = self.drops(scope, &[file]).await?;
        if drops.behind(file.0, file.1).is_empty() {
            return Ok(None);
        }
        Ok(self.origins_after(scope, &[file], &drops).await?.remove(&file.0))
    }

    async fn origins_after(
        &self,
        scope: i64,
        files: &[(Uuid, i64)],
        drops: &Drops,
    ) -> Result<HashMap<Uuid, Arc<LineOrigins>>> {
        let mut known = HashMap::new();
        let mut missing = HashMap::new();
        for &(file_id, version) in files {
            let behind = drops.behind(file_id, version);
            let rests_on = RestsOn::new(drops, &behind);
            match self.line_origins.get(&FileVersion { scope, file_id, version }, &rests_on) {
                Some(origins) => drop(known.insert(file_id, origins)),
                None => drop(missing.insert((file_id, version), (behind, rests_on))),
            }
        }
        if missing.is_empty() {
            return Ok(known);
        }
        let wanted = missing.iter().map(|(place, (behind, _))| (*place, behind)).collect();
        let origins = self.derive(scope, &wanted, drops).await?;
        for ((file_id, version), origins) in origins {
            let Some((_, rests_on)) = missing.remove(&(file_id, version)) else { continue };
            let origins = Arc::new(origins);
            self.line_origins.put(FileVersion { scope, file_id, version }, rests_on, Arc::clone(&origins));
            known.insert(file_id, origins);
        }
        Ok(known)
    }

    /// Works out the origins of these file versions, each with what was dropped for its lines, from the revisions of the
    /// files and of those that it was dropped from.
    async fn derive(
        &self,
        scope: i64,
        wanted: &HashMap<(Uuid, i64), &BTreeSet<usize>>,
        drops: &Drops,
    ) -> Result<Vec<((Uuid, i64), LineOrigins)>> {
        let behind = wanted.values().copied().flatten().copied().collect();
        let bases = drops.by_base(&behind);
        let mut needed: HashMap<Uuid, i64> = HashMap::new();
        for &(file, version) in wanted.keys().chain(bases.keys()) {
            let most = needed.entry(file).or_insert(version);
            *most = version.max(*most);
        }
        // Lines have written days to tell only where something was dropped for them.
        let stayed = wanted.iter().filter(|(_, behind)| !behind.is_empty()).map(|(place, _)| *place);
        let dated: HashSet<_> = stayed.chain(bases.keys().copied()).chain(drops.cited(&behind)).collect();
        let asked = dated.iter().chain(wanted.keys()).copied().collect();
        let droppings = drops.by_base(&behind.iter().copied().chain(drops.from(&needed)).collect());
        let walked = self.walk(scope, &needed, Walk::new(asked, dated, droppings)).await?;
        let said = drops.today.map(|today| SaidDays::of(&walked, today, &drops.pairs(&walked, &needed)));
        Ok(wanted.keys().map(|&place| (place, origins_of(&walked, said.as_ref(), place))).collect())
    }

    /// What dreams dropped from files of a scope, and the paths that those files and these have had. Not of a dream that
    /// was reverted.
    async fn drops(&self, scope: i64, files: &[(Uuid, i64)]) -> Result<Drops> {
        let ids: Vec<Uuid> = files.iter().map(|(file_id, _)| *file_id).collect();
        let rows = sqlx::query_as!(
            DropRow,
            r#"-- line_origins.drops
            WITH op AS MATERIALIZED (
              SELECT o.base_file, o.path, o.base_version, o.dream_id, o.number, o.adopted_sequence, o.treatments,
                     CASE WHEN lead(o.number) OVER (PARTITION BY o.dream_id, o.path ORDER BY o.number) IS NOT NULL THEN o.text END AS text
                FROM mx_dream_op o JOIN mx_dream d ON d.scope_id = o.scope_id AND d.dream_id = o.dream_id
               WHERE o.scope_id = $1 AND o.adopted_sequence IS NOT NULL AND o.base_file IS NOT NULL AND d.state = 'applied' AND o.undone_by IS NULL),
            known AS (SELECT base_file AS file_id FROM op UNION SELECT u FROM unnest($2::uuid[]) AS u WHERE EXISTS (SELECT FROM op)),
            told AS (
              SELECT base_file, path, base_version, dream_id, treatments, text, adopted_sequence, number FROM op
              UNION ALL
              SELECT r.file_id, r.path, 0, NULL, NULL, NULL, NULL, NULL
                FROM known k JOIN mx_revision r ON r.scope_id = $1 AND r.file_id = k.file_id GROUP BY r.file_id, r.path)
            SELECT base_file AS "file_id!", path AS "path!", base_version AS "version!", dream_id AS "dream_id?",
                   treatments AS "treatments?", text AS "text?",
                   (SELECT (mx_now() AT TIME ZONE 'UTC')::date) AS "today!"
              FROM told ORDER BY adopted_sequence, number"#,
            scope,
            &ids
        )
        .fetch_all(self.pool())
        .await?;
        Ok(Drops::of(rows))
    }

    /// Walks the revisions of files up to their versions, a bounded part at a time.
    async fn walk(&self, scope: i64, files: &HashMap<Uuid, i64>, mut walk: Walk) -> Result<Walked> {
        let (ids, versions): (Vec<Uuid>, Vec<i64>) = files.iter().unzip();
        let rows = sqlx::query!(
            r#"-- line_origins.walk
            SELECT v.file_id, v.version, v.path, v.text, v.at, v.operation, v.source,
                   v.dream_id IS NOT NULL OR v.imported_dream IS NOT NULL AS "dreamt!", v.imported_at IS NOT NULL AS "imported!"
              FROM unnest($2::uuid[], $3::bigint[]) AS f(file_id, version)
              JOIN mx_revision v ON v.scope_id = $1 AND v.file_id = f.file_id AND v.version <= f.version AND NOT v.redacted
             ORDER BY v.file_id, v.version"#,
            scope,
            &ids,
            &versions
        )
        .fetch(self.pool());
        let revisions = rows.map_ok(|row| Revision {
            file: row.file_id,
            version: row.version,
            path: row.path,
            text: row.text,
            day: row.at.date_naive(),
            operation: row.operation,
            source: row.source,
            dreamt: row.dreamt,
            imported: row.imported,
        });
        let mut pages = revisions.try_chunks(PAGE);
        while let Some(page) = pages.try_next().await.map_err(|error| error.1)? {
            let passed = tokio::task::spawn_blocking(move || {
                walk.pass(page);
                walk
            });
            walk = passed.await.map_err(|_| Error::Unexpected("a walk through a history panicked"))?;
        }
        Ok(walk.end())
    }
}

fn origins_of(walked: &Walked, said: Option<&SaidDays<'_>>, version: (Uuid, i64)) -> LineOrigins {
    let origin_of = |at: usize, origin: u32| {
        let own = walked.owns[origin as usize];
        let said = said.and_then(|said| said.since_drops(walked.standing_at(version, at, origin)));
        LineOrigin { asserted_on: own.asserted_on, source: Some(own.source), said }
    };
    let lines = walked.lines.get(&version).into_iter().flatten().enumerate();
    LineOrigins(lines.map(|(at, line)| line.map(|origin| origin_of(at, origin))).collect())
}

#[cfg(test)]
mod tests;
