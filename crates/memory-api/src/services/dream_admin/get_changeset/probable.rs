//! The probable pairs that a dream left alone, where their lines stand now.

use std::collections::HashMap;

use memex_core::diff::kept_lines;
use memex_core::ids::DreamId;
use memex_curation::LineRange;
use memex_proto::v1 as pb;
use prost::Message as _;

use super::quotes::{Place, Quotes, unquoted};
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::changesets::{HeadText, TextAt, head_texts, texts_by_path};
use crate::store::dreams::probable_pairs;

/// The pairs of a dream, quoted where both lines still stand as it saw them.
///
/// # Errors
/// Where Postgres fails.
pub(super) async fn quoted(store: &Store, dream: DreamId, mut quotes: Quotes) -> Result<Vec<pb::ProbableLine>> {
    let stored = probable_pairs(store.pool(), dream).await?;
    let pairs: Vec<[Place; 2]> = stored.iter().filter_map(|pair| read(pair)).collect();
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let paths: Vec<String> = pairs.iter().flatten().map(|place| place.path.clone()).collect();
    let heads = head_texts(store.pool(), dream.scope, &paths).await?;
    let heads: HashMap<String, HeadText> = heads.into_iter().map(|head| (head.path.clone(), head)).collect();
    let mut changed: Vec<(String, i64)> = pairs.iter().flatten().map(Place::file).collect();
    changed.retain(|(path, version)| heads.get(path).is_some_and(|head| head.version != *version));
    changed.sort_unstable();
    changed.dedup();
    let earlier = texts_by_path(store.pool(), dream.scope, &changed).await?;
    // Following lines through changes takes time that grows with the texts.
    let told = move || {
        let origins = origins(&heads, &earlier);
        pairs.into_iter().map(|pair| told(&pair, &heads, &origins, &mut quotes)).collect()
    };
    tokio::task::spawn_blocking(told).await.map_err(|_| Error::Unexpected("quoting probable pairs panicked"))
}

fn read(pair: &[u8]) -> Option<[Place; 2]> {
    let pair = pb::ProbablePair::decode(pair).ok()?;
    let place = |at: pb::LinesAt| {
        let lines = at.lines.and_then(|lines| {
            Some(LineRange { first: u32::try_from(lines.first).ok()?, last: u32::try_from(lines.last).ok()? })
        });
        Place { path: at.path, version: at.version, lines }
    };
    Some([place(pair.dropped?), place(pair.kept?)])
}

/// For each file that was changed since, and each line of it now, the line that it was.
fn origins(
    heads: &HashMap<String, HeadText>,
    earlier: &HashMap<(String, i64), TextAt>,
) -> HashMap<(String, i64), Vec<Option<u32>>> {
    let told = earlier.iter().filter(|(_, text)| !text.redacted);
    let of = |(file, text): (&(String, i64), &TextAt)| {
        Some((file.clone(), kept_lines(&text.text, &heads.get(&file.0)?.text)))
    };
    told.filter_map(of).collect()
}

fn told(
    pair: &[Place; 2],
    heads: &HashMap<String, HeadText>,
    origins: &HashMap<(String, i64), Vec<Option<u32>>>,
    quotes: &mut Quotes,
) -> pb::ProbableLine {
    let now = |place: &Place| {
        let head = heads.get(&place.path)?;
        if head.version == place.version {
            return Some((place.clone(), head));
        }
        let lines = now_at(place.lines?, origins.get(&place.file())?)?;
        Some((Place { version: head.version, lines: Some(lines), ..place.clone() }, head))
    };
    match (now(&pair[0]), now(&pair[1])) {
        (Some((dropped, of_dropped)), Some((kept, of_kept))) => pb::ProbableLine {
            dropped: Some(quotes.of(&dropped, &of_dropped.text)),
            kept: Some(quotes.of(&kept, &of_kept.text)),
            stands: true,
        },
        _ => pb::ProbableLine { dropped: Some(unquoted(&pair[0])), kept: Some(unquoted(&pair[1])), stands: false },
    }
}

/// Where lines stand now that stand together as they did.
fn now_at(lines: LineRange, origin: &[Option<u32>]) -> Option<LineRange> {
    let first = origin.iter().position(|line| *line == Some(lines.first))?;
    let count = usize::try_from(lines.last.checked_sub(lines.first)?).ok()?;
    let stand = origin.get(first..=first.checked_add(count)?)?;
    let together = stand.iter().zip(lines.first..=lines.last).all(|(line, expected)| *line == Some(expected));
    let number = |at: usize| u32::try_from(at + 1).ok();
    together.then_some(LineRange { first: number(first)?, last: number(first + count)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_followed_through_changes_above_them_and_not_through_their_own() {
        let now = |before: &str, after: &str, first, last| {
            now_at(LineRange { first, last }, &kept_lines(before, after)).map(|lines| (lines.first, lines.last))
        };
        assert_eq!(now("a\nb\nc\n", "new\na\nb\nc\n", 2, 3), Some((3, 4)));
        assert_eq!(now("a\nb\nc\n", "b\nc\n", 3, 3), Some((2, 2)));
        assert_eq!(now("a\nb\nc\n", "a\nB\nc\n", 2, 2), None);
        assert_eq!(now("a\nb\nc\n", "a\nb\nbetween\nc\n", 2, 3), None);
        assert_eq!(now("a\n", "", 1, 1), None);
    }
}
