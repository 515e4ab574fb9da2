//! Where the lines of a file come from: on which day each was first asserted and has stood since, whose word it is, and
//! on which days the copies were said that dreams dropped for it. All of it is derived from the revisions and from the
//! treatments of adopted ops.

mod drops;
mod lines;
mod walk;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use futures::TryStreamExt as _;
use memex_curation::Source;
use uuid::Uuid;

use self::drops::{DropRow, DroppingKey, Drops};
use self::lines::{Line, follow};
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
    /// The days of the line and of the copies that dreams dropped for it; `None` where they dropped none, or no day of
    /// them all is known.
    pub said: Option<Said>,
}

/// From when until when a line was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// The earliest day.
    pub first: NaiveDate,
    /// The latest day.
    pub last: NaiveDate,
}

impl Said {
    fn with(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
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

/// What was worked out before, with the droppings that it rests on: while they are the same it holds, because a version
/// never changes.
#[derive(Clone, Debug, Default)]
pub struct Remembered(Arc<Mutex<KnownOrigins>>);

/// Per file version: the droppings that its origins rest on, and the origins.
type KnownOrigins = HashMap<FileVersion, (Vec<DroppingKey>, Arc<LineOrigins>)>;

impl Remembered {
    fn get(&self, file: &FileVersion, behind: &[DroppingKey]) -> Option<Arc<LineOrigins>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(file).filter(|(rests_on, _)| rests_on == behind).map(|(_, origins)| Arc::clone(origins))
    }

    fn put(&self, file: FileVersion, behind: Vec<DroppingKey>, origins: Arc<LineOrigins>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: usize = known.values().map(|(_, origins)| origins.0.len()).sum();
        if lines + origins.0.len() > REMEMBERED_LINES {
            known.clear();
        }
        known.insert(file, (behind, origins));
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
            let keys = drops.keys(&behind);
            match self.line_origins.get(&FileVersion { scope, file_id, version }, &keys) {
                Some(origins) => drop(known.insert(file_id, origins)),
                None => drop(missing.insert((file_id, version), (behind, keys))),
            }
        }
        if missing.is_empty() {
            return Ok(known);
        }
        let behind = missing.values().flat_map(|(behind, _)| behind.iter().copied()).collect();
        let origins = self.derive(scope, missing.keys().copied().collect(), &behind, drops).await?;
        for ((file_id, version), origins) in origins {
            let Some((_, keys)) = missing.remove(&(file_id, version)) else { continue };
            let origins = Arc::new(origins);
            self.line_origins.put(FileVersion { scope, file_id, version }, keys, Arc::clone(&origins));
            known.insert(file_id, origins);
        }
        Ok(known)
    }

    /// Works out the origins of `wanted` from the revisions of these files and of those that `behind` was dropped from.
    async fn derive(
        &self,
        scope: i64,
        wanted: Vec<(Uuid, i64)>,
        behind: &BTreeSet<usize>,
        drops: &Drops,
    ) -> Result<Vec<((Uuid, i64), LineOrigins)>> {
        let bases = drops.by_base(behind);
        let mut asked: HashSet<(Uuid, i64)> = wanted.iter().chain(bases.keys()).copied().collect();
        let mut needed: HashMap<Uuid, i64> = HashMap::new();
        for &(file, version) in &asked {
            let most = needed.entry(file).or_insert(version);
            *most = version.max(*most);
        }
        asked.extend(drops.cited(behind));
        let droppings = drops.by_base(&behind.iter().copied().chain(drops.from(&needed)).collect());
        let walked = self.walk(scope, &needed, Walk::new(asked, droppings)).await?;
        let said = said(&walked, &drops.pairs(&walked, &needed));
        let origins = wanted.into_iter().map(|place| {
            let lines = walked.lines.get(&place).into_iter().flatten();
            (place, LineOrigins(lines.map(|line| line.map(|origin| origin_of(&walked, &said, origin))).collect()))
        });
        Ok(origins.collect())
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
               WHERE o.scope_id = $1 AND o.adopted_sequence IS NOT NULL AND o.base_file IS NOT NULL AND d.state = 'applied'),
            known AS (SELECT base_file AS file_id FROM op UNION SELECT u FROM unnest($2::uuid[]) AS u WHERE EXISTS (SELECT FROM op)),
            told AS (
              SELECT base_file, path, base_version, dream_id, treatments, text, adopted_sequence, number FROM op
              UNION ALL
              SELECT r.file_id, r.path, 0, NULL, NULL, NULL, NULL, NULL
                FROM known k JOIN mx_revision r ON r.scope_id = $1 AND r.file_id = k.file_id GROUP BY r.file_id, r.path)
            SELECT base_file AS "file_id!", path AS "path!", base_version AS "version!", dream_id AS "dream_id?",
                   treatments AS "treatments?", text AS "text?"
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
            SELECT v.file_id, v.version, v.text, v.at, v.operation, v.source,
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

/// For each origin that stayed for another, the days of both. `pairs` are in the order of adoption: what a line carries
/// when it is dropped is known by then.
fn said(walked: &Walked, pairs: &[(u32, u32)]) -> HashMap<u32, Option<Said>> {
    let own = |origin: u32| walked.owns[origin as usize].asserted_on.map(|day| Said { first: day, last: day });
    let mut said: HashMap<u32, Option<Said>> = HashMap::new();
    for &(dropped, stayed) in pairs {
        let [dropped, before] = [dropped, stayed].map(|one| said.get(&one).copied().unwrap_or_else(|| own(one)));
        let both = match (before, dropped) {
            (Some(before), Some(dropped)) => Some(before.with(dropped)),
            (before, dropped) => before.or(dropped),
        };
        said.insert(stayed, both);
    }
    said
}

fn origin_of(walked: &Walked, said: &HashMap<u32, Option<Said>>, origin: u32) -> LineOrigin {
    let own = walked.owns[origin as usize];
    LineOrigin { asserted_on: own.asserted_on, source: Some(own.source), said: said.get(&origin).copied().flatten() }
}

#[cfg(test)]
mod tests;
