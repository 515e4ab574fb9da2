//! Loads the sample as it would have come to be: session by session, by agents, the product's logs by its backend.

use std::collections::BTreeMap;

use memex_core::path::MemoryPath;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{Source, WriteFileRequest};
use memex_stack::demo_memory::{self, Person};

use super::people::People;
use super::progress::Progress;
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::{counted, progress};

/// What was loaded.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Files of each person.
    pub files: BTreeMap<&'static str, usize>,
    /// Bytes of text, of all.
    pub bytes: usize,
}

/// One file that is about to be written.
struct Page {
    path: &'static str,
    text: &'static str,
    /// The day of its session, or the last day that it names; undated ones come first.
    day: Option<&'static str>,
}

/// Loads every person's files and the shared ones.
pub async fn load(people: &People, said: &Progress) -> Result<Loaded, Failure> {
    let total = people.agents.iter().map(|(person, _)| person.files.len()).sum::<usize>() + demo_memory::shared().len();
    let bar = progress::bar(total, "loading", said.json());
    let mut loaded = Loaded::default();
    for (path, text) in demo_memory::shared() {
        write(&people.operator, "", path, text, "the company's rules", Source::User).await?;
        loaded.bytes += text.len();
        bar.inc(1);
    }
    for (person, agent) in &people.agents {
        for page in pages(person) {
            let (by, source) =
                if is_log(page.path) { (&people.backend, Source::Tool) } else { (agent, source(page.path)) };
            let reason = page.day.map_or_else(|| "first session".to_owned(), |day| format!("session of {day}"));
            write(by, person.user, page.path, page.text, &reason, source).await?;
            loaded.bytes += page.text.len();
            bar.inc(1);
        }
        loaded.files.insert(person.user, person.files.len());
    }
    bar.finish_and_clear();
    let users: Vec<_> =
        loaded.files.iter().map(|(user, files)| format!("{user} ({})", counted(*files as i64, "file"))).collect();
    said.step(&format!("loaded {} and shared/company.md: {} bytes", users.join(", "), loaded.bytes))?;
    Ok(loaded)
}

/// A person's files in the order of their sessions.
fn pages(person: &Person) -> Vec<Page> {
    let page =
        |&(path, text): &(&'static str, &'static str)| Page { path, text, day: last_day(path).or(last_day(text)) };
    let mut pages: Vec<Page> = person.files.iter().map(page).collect();
    pages.sort_by_key(|page| (page.day, page.path));
    pages
}

/// What a person said is theirs; what an agent noted of a session is the agent's.
pub fn source(path: &str) -> Source {
    if path.starts_with("user/sessions/") { Source::Agent } else { Source::User }
}

/// Whether a path is a log, which no dream may read.
pub fn is_log(path: &str) -> bool {
    MemoryPath::parse(path).is_ok_and(|path| path.is_excluded())
}

/// The last YYYY-MM-DD in a text, by the calendar.
fn last_day(text: &str) -> Option<&str> {
    let starts = text.char_indices().map(|(at, _)| at);
    starts.filter_map(|at| text.get(at..at + 10)).filter(|slice| is_day(slice)).max()
}

fn is_day(slice: &str) -> bool {
    slice.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}

async fn write(by: &Context, user: &str, path: &str, text: &str, reason: &str, source: Source) -> Result<(), Failure> {
    let request = WriteFileRequest {
        user_id: user.to_owned(),
        path: path.to_owned(),
        content: text.to_owned(),
        precondition: Some(Precondition::ExpectedVersion(0)),
        reason: reason.to_owned(),
        source: source.into(),
        request_id: request_id(),
        treatments: Vec::new(),
    };
    let written = by.call(|| async { by.memory().write_file(request.clone()).await }).await;
    written.map(drop).map_err(|failure| failure.about(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_session_of_its_path_else_to_the_last_day_that_it_names() {
        assert_eq!(last_day("user/sessions/2026-10-05.md"), Some("2026-10-05"));
        assert_eq!(last_day("- [2026-11-09] é\n- [2026-09-07] a"), Some("2026-11-09"));
        assert_eq!((last_day("no day: 2026-1-05"), last_day("")), (None, None));
        for person in demo_memory::people() {
            let days: Vec<_> = pages(person).into_iter().map(|page| page.day).collect();
            assert_eq!(days.len(), person.files.len());
            assert!(days.is_sorted() && days.iter().any(Option::is_some), "{}", person.user);
        }
    }
}
