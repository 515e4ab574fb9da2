//! Searching the memory of twenty people: how often the line that answers a question is among what comes first, beside
//! what full-text search of Postgres over whole files would show in as many bytes.

use std::collections::BTreeMap;

use memex_proto::v1::{Passage, SearchFilesRequest};
use memex_stack::stack::Stack;
use memex_stack::stack::sqlx::{self, AssertSqlSafe};
use tests::ask;
use tests::command::Memex;

use crate::people::People;
use crate::say;
use crate::set::{Set, Shared, Suite};

/// What a share must be.
const MARK: f64 = 0.69;

const BYTES: usize = 1_000;

/// Of how many evidence lines, and how many of them came among the first 5, the first 10, in the first 1,000 bytes.
#[derive(Default)]
struct Counts([u32; 4]);

impl Counts {
    fn add(&mut self, [five, ten, bytes]: [bool; 3]) {
        for (count, one) in self.0.iter_mut().zip([true, five, ten, bytes]) {
            *count += u32::from(one);
        }
    }

    fn shares(&self) -> [f64; 3] {
        let [of, five, ten, bytes] = self.0.map(f64::from);
        [five / of, ten / of, bytes / of]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_that_answers_is_among_the_first_passages_and_in_the_first_thousand_bytes() {
    let Some(shared) = Shared::beside_the_repository(Suite::LoCoMo) else { return };
    let set = Set::generate(&shared, Suite::LoCoMo, "dev", 1).await;
    let stack = Stack::start().await;
    let memex = Memex::at(&stack.endpoint(), stack.workspace().operator_token()).await;
    People { stack: &stack, memex: &memex, set: &set }.import().await;
    ask::change(stack.sql(), "CREATE TABLE whole_file (who text, path text, body text, words tsvector)", &[]).await;
    let (mut ours, mut plain) = (BTreeMap::new(), BTreeMap::new());
    for user in set.users() {
        questions_of(&stack, &set, user, &mut ours, &mut plain).await;
    }
    for (category, ours) in &ours {
        let ([a, b, c], [d, e, f]) = (ours.shares(), plain[category].shares());
        let lines = ours.0[0];
        say(&format!("{category:>3} ({lines} lines): search {a:.3} {b:.3} {c:.3}; whole files {d:.3} {e:.3} {f:.3}"));
    }
    let [five, _, bytes] = ours["all"].shares();
    assert!(five >= MARK, "among the first 5 passages: {five}");
    assert!(bytes >= MARK, "within the first {BYTES} bytes: {bytes}");
    stack.finish().await;
}

type ByCategory = BTreeMap<String, Counts>;

async fn questions_of(stack: &Stack, set: &Set, user: &str, ours: &mut ByCategory, plain: &mut ByCategory) {
    let truth = set.truth(user);
    let files = keep_whole(stack, set, user).await;
    let mut agent = stack.agent(user).await;
    for question in truth["qa"].as_array().unwrap() {
        let query = question["q"].as_str().unwrap();
        let request =
            SearchFilesRequest { query: query.into(), prefix: "user/".into(), ..SearchFilesRequest::default() };
        let passages = agent.memory.search_files(request).await.unwrap().into_inner().passages;
        assert!(passages.iter().all(|one| one.snippet.len() <= 400), "{query}: {passages:?}");
        let room = |n: usize| passages.iter().take(n).map(|one| one.snippet.len()).sum::<usize>();
        let ranked = whole(stack, user, query).await;
        for evidence in question["evidence"].as_array().unwrap() {
            let place = &truth["loc"][evidence.as_str().unwrap()];
            let (path, line) = (place[0].as_str().unwrap(), place[1].as_u64().unwrap() as usize);
            let end = end_among(&ranked, &files, path, line);
            let plainly = [room(5), room(10), BYTES].map(|room| end.is_some_and(|end| end <= room));
            for category in [question["category"].to_string(), "all".to_owned()] {
                ours.entry(category.clone()).or_default().add(found(&passages, path, line));
                plain.entry(category).or_default().add(plainly);
            }
        }
    }
}

/// Whether the line is among the first 5 passages, the first 10, and whole within the first bytes.
fn found(passages: &[Passage], path: &str, line: usize) -> [bool; 3] {
    let mut before = 0;
    for (rank, passage) in passages.iter().enumerate() {
        let [first, last] = [passage.first_line, passage.last_line].map(|line| usize::try_from(line).unwrap());
        if passage.path == path && (first..=last).contains(&line) {
            return [rank < 5, rank < 10, before + end_of(&passage.snippet, line - first + 1) <= BYTES];
        }
        before += passage.snippet.len();
    }
    [false; 3]
}

/// Where in whole files, one after the other, a line ends.
fn end_among(ranked: &[String], files: &BTreeMap<String, String>, path: &str, line: usize) -> Option<usize> {
    let at = ranked.iter().position(|one| one == path)?;
    let before: usize = ranked[..at].iter().map(|path| files[path].len()).sum();
    Some(before + end_of(&files[path], line))
}

/// Where so many lines of a text end, without the last one's end of line.
fn end_of(text: &str, lines: usize) -> usize {
    text.split_inclusive('\n').take(lines).collect::<String>().trim_end().len()
}

/// Keeps a user's files for full-text search as Postgres offers it; gives them by path.
async fn keep_whole(stack: &Stack, set: &Set, user: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let of_user = "SELECT f.path FROM mx_file f JOIN mx_scope s USING (scope_id) WHERE s.user_id = $1 ORDER BY 1";
    for path in ask::lines(stack.sql(), of_user, &[user]).await {
        let body = std::fs::read_to_string(set.before().join(user).join(&path)).unwrap();
        let insert = "INSERT INTO whole_file VALUES ($1, $2, $3, to_tsvector('english', $3))";
        ask::change(stack.sql(), insert, &[user, &path, &body]).await;
        files.insert(path, body);
    }
    files
}

/// The paths that full-text search over whole files gives, the best first.
async fn whole(stack: &Stack, user: &str, query: &str) -> Vec<String> {
    const WHOLE: &str = "-- test.whole_files\nSELECT path FROM whole_file, plainto_tsquery('english', $2) AS asked
         WHERE who = $1 AND words @@ asked ORDER BY ts_rank_cd(words, asked) DESC, path LIMIT 10";
    sqlx::query_scalar(AssertSqlSafe(WHOLE)).bind(user).bind(query).fetch_all(stack.sql()).await.unwrap()
}
