//! From when until when the quoted lines of a changeset were said.

use std::collections::HashMap;

use chrono::NaiveDate;
use memex_core::ids::DreamId;
use memex_curation::written_days;
use memex_proto::v1 as pb;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::changesets::TextAt;
use crate::store::line_origins::{LineOrigin, Said};

/// Texts by path and version.
type Texts = HashMap<(String, i64), TextAt>;

/// For each line of the files that a changeset quotes, from when until when it was said.
#[derive(Debug, Default)]
pub(super) struct Days(HashMap<(String, i64), Vec<Option<Said>>>);

impl Days {
    /// Of these texts, and gives them back.
    ///
    /// # Errors
    /// Where Postgres fails.
    pub async fn of(store: &Store, dream: DreamId, texts: Texts) -> Result<(Self, Texts)> {
        let readable = texts.iter().filter(|(_, text)| !text.redacted);
        let versions: HashMap<Uuid, i64> = readable.map(|((_, version), text)| (text.file_id, *version)).collect();
        let files: Vec<(Uuid, i64)> = versions.into_iter().collect();
        let origins = store.line_origins(dream.scope, &files).await?;
        // Dating lines takes time that grows with the texts.
        let dated = move || {
            let lines = |(place, text): (&(String, i64), &TextAt)| {
                let origins = origins.get(&text.file_id)?.of(&text.text);
                let written = written_days(&place.0, &text.text);
                let lines = origins.into_iter().zip(written).map(|(origin, written)| said(origin, written));
                Some((place.clone(), lines.collect()))
            };
            (Self(texts.iter().filter_map(lines).collect()), texts)
        };
        tokio::task::spawn_blocking(dated).await.map_err(|_| Error::Unexpected("dating quoted lines panicked"))
    }

    /// Writes the days of the quoted lines into the quotation.
    pub fn tell(&self, quoted: &mut pb::QuotedLines) {
        let (Some(of_lines), Some(lines)) = (self.0.get(&(quoted.path.clone(), quoted.version)), quoted.lines) else {
            return;
        };
        let numbers = (lines.first.max(1)..=lines.last).map_while(|line| usize::try_from(line - 1).ok());
        let said: Vec<Said> = numbers.map_while(|at| of_lines.get(at)).flatten().copied().collect();
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        quoted.first_said = day(said.iter().map(|said| said.first).min());
        quoted.last_said = day(said.iter().map(|said| said.last).max());
    }
}

/// With the copies that dreams dropped for it; else the day that is written with the line, else that of its assertion.
fn said(origin: LineOrigin, written: Option<NaiveDate>) -> Option<Said> {
    let own = || written.or(origin.asserted_on).map(|day| Said { first: day, last: day });
    origin.said.or_else(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, number).unwrap()
    }

    #[test]
    fn the_days_of_copies_come_before_the_written_day_and_that_before_the_assertion() {
        let asserted = LineOrigin { asserted_on: Some(day(3)), ..LineOrigin::default() };
        let copies = Some(Said { first: day(1), last: day(9) });
        let told = |origin, written| said(origin, written).map(|said| (said.first, said.last));
        assert_eq!(told(LineOrigin { said: copies, ..asserted }, Some(day(2))), Some((day(1), day(9))));
        assert_eq!(told(asserted, Some(day(2))), Some((day(2), day(2))));
        assert_eq!(told(asserted, None), Some((day(3), day(3))));
        assert_eq!(told(LineOrigin::default(), None), None);
    }

    #[test]
    fn a_quotation_of_several_lines_has_the_earliest_and_the_latest_day() {
        let one = |number| Some(Said { first: day(number), last: day(number) });
        let days = Days(HashMap::from([(("user/a.md".into(), 2), vec![one(5), None, one(3)])]));
        let told = |first, last| {
            let lines = Some(pb::LineRange { first, last });
            let mut quoted = pb::QuotedLines { path: "user/a.md".into(), version: 2, lines, ..Default::default() };
            days.tell(&mut quoted);
            (quoted.first_said, quoted.last_said)
        };
        assert_eq!(told(1, 3), ("2026-11-03".into(), "2026-11-05".into()));
        assert_eq!(told(2, 2), (String::new(), String::new()));
        assert_eq!(told(3, 900), ("2026-11-03".into(), "2026-11-03".into()));
    }
}
