//! Where a line comes from, and on which days it was said where dreams dropped copies for it: no day is lost.

use std::time::Duration;

use memex_proto::v1::edit::Kind;
use memex_proto::v1::{
    AppendLines, BlameFileRequest, BlameLine, DreamState, LineOrigin, ListDreamsRequest, ListRevisionsRequest,
    RestoreRevisionRequest, RevertDreamRequest, Source,
};
use memex_stack::stack::{Stack, User};
use tests::ask;
use tests::hand::{HeldDream, claim_one, start_dream_of, worker};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const SAID: &str = "- Ada likes green tea.";

const TOPIC: &str = "user/food.md";

const SESSION: &str = "user/sessions/s04.md";

/// Writes and gives the day.
async fn said(stack: &Stack, user: &User, path: &str, text: &str, source: Source) -> String {
    user.agent().write(path, text).overwrite().source(source).await.unwrap();
    let day = "SELECT (updated_at AT TIME ZONE 'UTC')::date::text FROM mx_file WHERE path = $1";
    ask::lines(stack.sql(), day, &[path]).await.remove(0)
}

/// A dream of the builtin curator.
async fn dream(stack: &Stack, user: &User) {
    start_dream_of(stack, user.id()).await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
}

async fn held(stack: &Stack, user: &User) -> HeldDream {
    start_dream_of(stack, user.id()).await;
    claim_one(&worker(stack, 1).await[0]).await
}

async fn blamed(user: &User, path: &str) -> Vec<BlameLine> {
    let request = BlameFileRequest { path: path.into(), ..BlameFileRequest::default() };
    user.agent().history.clone().blame_file(request).await.unwrap().into_inner().lines
}

/// From when until when blame says that the line was said; of every other line of the file nothing.
async fn days(user: &User, path: &str) -> Vec<(String, String)> {
    let lines = blamed(user, path).await;
    let days = |line: &BlameLine| (line.first_said.clone(), line.last_said.clone());
    let others = lines.iter().filter(|line| line.text != SAID);
    assert!(others.map(days).all(|days| days == Default::default()), "{lines:?}");
    lines.iter().filter(|line| line.text == SAID).map(days).collect()
}

/// Gives the line as the next dream reads it.
async fn origin(stack: &Stack, user: &User, path: &str) -> LineOrigin {
    let dream = held(stack, user).await;
    let seen = dream.read(path).await.unwrap();
    assert_eq!(seen.origins.len(), seen.content.lines().count());
    let at = seen.content.lines().position(|line| line == SAID).unwrap();
    dream.ends().await;
    seen.origins[at].clone()
}

fn pair(first: &str, last: &str) -> (String, String) {
    (first.to_owned(), last.to_owned())
}

#[tokio::test]
async fn a_line_tells_the_days_of_its_dropped_copies_until_the_revert() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let topic = format!("# Food\n\n{SAID}\n- Ada has a red kettle.\n");
    let first = said(&stack, &ada, TOPIC, &topic, Source::User).await;
    stack.advance(3 * DAY).await;
    let session = format!("- Ada slept badly last night.\n{SAID}\n");
    let last = said(&stack, &ada, SESSION, &session, Source::User).await;
    assert_ne!(first, last);
    assert_eq!(days(&ada, TOPIC).await, [pair("", "")], "no dream has dropped anything");
    dream(&stack, &ada).await;
    assert_eq!(ada.read(SESSION).await.unwrap(), "- Ada slept badly last night.\n", "the copy went");
    assert_eq!(days(&ada, TOPIC).await, [pair(&first, &last)]);
    let told = LineOrigin {
        asserted_on: first.clone(),
        first_said: first.clone(),
        last_said: last.clone(),
        source: Source::User.into(),
    };
    assert_eq!(origin(&stack, &ada, TOPIC).await, told);
    // The line carries them on where it stands, also in a file that is changed and moved.
    ada.write(TOPIC, &format!("# Food\n\n- Ada has a blue kettle.\n{SAID}\n")).await;
    ada.agent().memory.clone().move_file(super::moves::shift(TOPIC, "user/cooking.md")).await.unwrap();
    assert_eq!(days(&ada, "user/cooking.md").await, [pair(&first, &last)]);
    assert_eq!(origin(&stack, &ada, "user/cooking.md").await, told);

    let dreams = ListDreamsRequest { user_id: "ada".into(), ..ListDreamsRequest::default() };
    let dreams = stack.operator().dream_admin.list_dreams(dreams).await.unwrap().into_inner().dreams;
    let applied = dreams.iter().find(|dream| dream.state() == DreamState::Applied).unwrap();
    let revert = RevertDreamRequest { dream_id: applied.dream_id.clone(), ..RevertDreamRequest::default() };
    stack.operator().dream_admin.revert_dream(revert).await.unwrap();
    assert_eq!(days(&ada, "user/cooking.md").await, [pair("", "")], "a reverted dream dropped nothing");
    let back = origin(&stack, &ada, SESSION).await;
    assert_eq!((back.asserted_on, back.source), (last, i32::from(Source::User)), "it stands as before the dream");
    stack.finish().await;
}

#[tokio::test]
async fn a_line_that_stood_for_another_carries_that_ones_days_on() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let first = said(&stack, &ada, SESSION, &format!("- Ada slept badly.\n{SAID}\n"), Source::User).await;
    stack.advance(2 * DAY).await;
    let topic = format!("# Food\n\n* Ada has a red kettle.\n{SAID}\n");
    let between = said(&stack, &ada, TOPIC, &topic, Source::User).await;
    dream(&stack, &ada).await;
    assert_eq!(days(&ada, SESSION).await, [], "the session's line went for the topic's");
    assert_eq!(blamed(&ada, TOPIC).await.len(), 4);
    stack.advance(2 * DAY).await;
    let profile = format!("# Ada\n\n{SAID}\n- Ada lives in Graz.\n");
    let last = said(&stack, &ada, "user/profile.md", &profile, Source::User).await;
    dream(&stack, &ada).await;
    assert!(!ada.read(TOPIC).await.unwrap().contains("green tea"), "the topic's line went for the profile's");
    assert!(first < between && between < last);
    assert_eq!(days(&ada, "user/profile.md").await, [pair(&first, &last)]);
    let told = origin(&stack, &ada, "user/profile.md").await;
    assert_eq!((told.asserted_on, told.first_said, told.last_said), (last.clone(), first, last));
    stack.finish().await;
}

#[tokio::test]
async fn of_two_equal_lines_beside_each_other_the_one_that_stays_tells_both_days() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let first = said(&stack, &ada, TOPIC, &format!("# Food\n\n{SAID}\n"), Source::User).await;
    stack.advance(2 * DAY).await;
    let last = said(&stack, &ada, TOPIC, &format!("# Food\n\n{SAID}\n{SAID}\n"), Source::User).await;
    let dream = held(&stack, &ada).await;
    let before = dream.read(TOPIC).await.unwrap().origins;
    assert_eq!([&before[2].asserted_on, &before[3].asserted_on], [&first, &last]);
    dream.drop_for((TOPIC, 2, 3), (TOPIC, 2, 4), SAID).await.unwrap();
    assert_eq!(dream.ends().await, DreamState::Applied);
    assert_eq!(days(&ada, TOPIC).await, [pair(&first, &last)]);
    assert_eq!(origin(&stack, &ada, TOPIC).await.asserted_on, last, "the later one stayed");
    stack.finish().await;
}

#[tokio::test]
async fn a_line_is_whose_it_was_when_it_first_stood_whatever_came_after() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let day = said(&stack, &ada, SESSION, &format!("{SAID}\n"), Source::User).await;
    stack.advance(DAY).await;
    let append = AppendLines { lines: vec!["- Ada has a red kettle.".into()], ..AppendLines::default() };
    let patch = ada.agent().patch(SESSION, [Kind::AppendLines(append)]);
    patch.with(|patch| patch.source = Source::Web.into()).await.unwrap();
    let told = origin(&stack, &ada, SESSION).await;
    assert_eq!((told.asserted_on, told.source), (day, i32::from(Source::User)));

    let revisions = ListRevisionsRequest { path: SESSION.into(), ..ListRevisionsRequest::default() };
    let revisions = ada.agent().history.clone().list_revisions(revisions).await.unwrap().into_inner().revisions;
    said(&stack, &ada, SESSION, "- Ada slept.\n", Source::Tool).await;
    let first = revisions.last().unwrap().revision_id.clone();
    let restore = RestoreRevisionRequest {
        revision_id: first,
        precondition: Some(memex_proto::v1::restore_revision_request::Precondition::Overwrite(true)),
        ..RestoreRevisionRequest::default()
    };
    ada.agent().history.clone().restore_revision(restore).await.unwrap();
    let told = origin(&stack, &ada, SESSION).await;
    assert_eq!((told.asserted_on.as_str(), told.source), ("", i32::from(Source::User)), "a restore dates nothing");
    stack.finish().await;
}

/// A line of the person's in a session, and the same of another's in a topic, which would stay by its place.
async fn told_by_two(user: &User, other: Source) {
    for (path, text, source) in [
        (SESSION, format!("- Ada slept.\n{SAID}\n"), Source::User),
        (TOPIC, format!("# Food\n\n{SAID}\n- Ada has a kettle.\n"), other),
    ] {
        user.agent().write(path, &text).overwrite().source(source).await.unwrap();
    }
}

#[tokio::test]
async fn the_persons_line_is_never_dropped_for_an_agents_a_tools_or_the_webs() {
    for other in [Source::Agent, Source::Import, Source::Tool, Source::Web] {
        let stack = Stack::start().await;
        let ada = stack.user("ada").await;
        told_by_two(&ada, other).await;
        let dreamt = held(&stack, &ada).await;
        dreamt.drop_for((SESSION, 1, 2), (TOPIC, 1, 3), SAID).await.unwrap();
        assert_ne!(dreamt.ends().await, DreamState::Applied, "{other:?}: the guard knows whose it is");
        assert!(ada.read(SESSION).await.unwrap().contains(SAID), "{other:?}");
        dream(&stack, &ada).await;
        assert!(ada.read(SESSION).await.unwrap().contains(SAID), "{other:?}: so does the curator");
        assert!(!ada.read(TOPIC).await.unwrap().contains(SAID), "{other:?}: the other one went for it");
        stack.finish().await;
    }
}

const PROFILE: &str = "user/profile.md";

/// A profile and these copies in other files are imported today, and a dream drops the copies.
async fn imported_and_dreamt(stack: &Stack, user: &User, copies: &[(&str, &str)]) {
    said(stack, user, PROFILE, &format!("# Ada\n\n{SAID}\n- Ada lives in Graz.\n"), Source::Import).await;
    for (path, text) in copies {
        said(stack, user, path, text, Source::Import).await;
    }
    dream(stack, user).await;
    for (path, _) in copies {
        assert!(!user.read(path).await.unwrap().contains("green tea"), "{path}: the copy went");
    }
}

#[tokio::test]
async fn a_line_tells_the_day_that_was_written_with_a_dropped_copy_in_its_path() {
    for path in ["user/sessions/2024-03-01.md", "user/notes/2024/03/01/notes.md"] {
        let stack = Stack::start().await;
        let ada = stack.user("ada").await;
        imported_and_dreamt(&stack, &ada, &[(path, &format!("- Ada slept badly last night.\n{SAID}\n"))]).await;
        assert_eq!(days(&ada, PROFILE).await, [pair("2024-03-01", "2024-03-01")], "{path}");
        let told = origin(&stack, &ada, PROFILE).await;
        assert_eq!(pair(&told.first_said, &told.last_said), pair("2024-03-01", "2024-03-01"), "{path}");
        assert_eq!(told.asserted_on, "", "{path}: an import asserts nothing");
        stack.finish().await;
    }
}

#[tokio::test]
async fn a_line_tells_the_days_that_were_written_with_its_dropped_copies() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let stamp = "- Ada slept badly last night.\n- [2024-03-05] Ada likes green tea.\n";
    let heading = format!("## 2024-02-09\n\n- Ada slept badly last night.\n{SAID}\n");
    let front = format!("---\ndate: 2024-05-01\n---\n\n- Ada slept badly last night.\n{SAID}\n");
    let copies = [("user/sessions/s01.md", stamp), ("user/sessions/s02.md", &heading), (SESSION, &front)];
    imported_and_dreamt(&stack, &ada, &copies).await;
    assert_eq!(days(&ada, PROFILE).await, [pair("2024-02-09", "2024-05-01")]);
    let told = origin(&stack, &ada, PROFILE).await;
    assert_eq!(pair(&told.first_said, &told.last_said), pair("2024-02-09", "2024-05-01"));
    stack.finish().await;
}

#[tokio::test]
async fn the_day_written_with_a_line_counts_before_the_day_it_was_asserted() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let session = format!("- Ada slept badly last night.\n{SAID}\n");
    said(&stack, &ada, "user/sessions/2024-03-01.md", &session, Source::User).await;
    said(&stack, &ada, "user/sessions/2024-06-07.md", &session, Source::User).await;
    dream(&stack, &ada).await;
    assert_eq!(days(&ada, "user/sessions/2024-03-01.md").await, [], "the later one stays");
    assert_eq!(days(&ada, "user/sessions/2024-06-07.md").await, [pair("2024-03-01", "2024-06-07")]);
    let moved = super::moves::shift("user/sessions/2024-06-07.md", SESSION);
    ada.agent().memory.clone().move_file(moved).await.unwrap();
    assert_eq!(days(&ada, SESSION).await, [pair("2024-03-01", "2024-06-07")], "it keeps the days that it had");

    stack.advance(DAY).await;
    let profile = format!("# Ada\n\n{SAID}\n- Ada lives in Graz.\n");
    let today = said(&stack, &ada, PROFILE, &profile, Source::User).await;
    dream(&stack, &ada).await;
    assert!(!ada.read(SESSION).await.unwrap().contains("green tea"));
    assert_eq!(days(&ada, PROFILE).await, [pair("2024-03-01", &today)], "it was asserted where no day is written");
    stack.finish().await;
}

#[tokio::test]
async fn a_written_day_counts_from_that_day_on() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let copy = format!("- Ada slept badly last night.\n{SAID}\n");
    imported_and_dreamt(&stack, &ada, &[("user/sessions/2024-03-01.md", &copy)]).await;
    let in_two_days = "SELECT ((mx_now() + interval '2 days') AT TIME ZONE 'UTC')::date::text";
    let planned = ask::lines(stack.sql(), in_two_days, &[]).await.remove(0);
    let path = format!("user/plans/{planned}.md");
    ada.agent().memory.clone().move_file(super::moves::shift(PROFILE, &path)).await.unwrap();
    assert_eq!(days(&ada, &path).await, [pair("2024-03-01", "2024-03-01")], "the day is not yet");
    stack.advance(2 * DAY).await;
    assert_eq!(days(&ada, &path).await, [pair("2024-03-01", &planned)], "the day has come");
    stack.finish().await;
}
