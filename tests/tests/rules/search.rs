//! Searching.

use memex_proto::v1::{ErrorReason, Passage, SearchFilesRequest};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::refused::refused;

fn asked(query: &str) -> SearchFilesRequest {
    SearchFilesRequest { query: query.into(), ..SearchFilesRequest::default() }
}

async fn search(clients: &mut Clients, request: SearchFilesRequest) -> Vec<Passage> {
    clients.memory.search_files(request).await.unwrap().into_inner().passages
}

#[tokio::test]
async fn a_question_finds_its_passage_in_every_language_and_despite_a_misspelling() {
    let stack = Stack::start().await;
    let mut ada = stack.agent("ada").await;
    let padding = "- The printer on the second floor is out of paper.\n".repeat(3);
    ada.write("user/en.md", &format!("# Food\n\n{padding}- Ada bought a chocolate cake for her birthday.\n"))
        .await
        .unwrap();
    ada.write("user/de.md", "# Notizen\n\n- Der Drucker ist kaputt.\n- Sie hat zwei Katzen und einen Hund.\n")
        .await
        .unwrap();
    ada.write("user/ja.md", "- 会議は火曜日です。\n- 彼女は毎朝コーヒーを飲みます。\n").await.unwrap();
    ada.write("user/ar.md", "- الاجتماع يوم الثلاثاء.\n- هي تحب القهوة في الصباح.\n").await.unwrap();
    for (question, path, line, heading) in [
        ("Which cakes does she buy?", "user/en.md", 6, "Food"),
        ("When was the choclate eaten?", "user/en.md", 6, "Food"),
        ("Wie heißt die Katze?", "user/de.md", 4, "Notizen"),
        ("朝に何を飲みますか？コーヒー", "user/ja.md", 2, ""),
        ("هل تحب القهوة؟", "user/ar.md", 2, ""),
    ] {
        let passages = search(&mut ada, asked(question)).await;
        let first = passages.first().unwrap_or_else(|| panic!("{question} finds nothing"));
        let lines = first.first_line..=first.last_line;
        assert!(first.path == path && lines.contains(&line) && first.heading == heading, "{question}: {first:?}");
        assert!(!first.highlights.is_empty() && first.snippet.len() <= 400, "{first:?}");
        for range in &first.highlights {
            assert!(first.snippet.get(range.start as usize..range.end as usize).is_some(), "{first:?}");
        }
    }
    stack.finish().await;
}

#[tokio::test]
async fn nobody_finds_what_is_anothers_and_everybody_what_is_shared() {
    let stack = Stack::start().await;
    let (mut ada, mut bob) = (stack.agent("ada").await, stack.agent("bob").await);
    ada.write("user/a.md", "- The canary of Ada sings.\n").await.unwrap();
    stack.operator().write("shared/s.md", "- The canary of the house sings.\n").await.unwrap();
    let paths = async |clients: &mut Clients, request: SearchFilesRequest| {
        let mut paths: Vec<String> = search(clients, request).await.into_iter().map(|one| one.path).collect();
        paths.sort();
        paths
    };
    assert_eq!(paths(&mut ada, asked("canary")).await, ["shared/s.md", "user/a.md"]);
    assert_eq!(paths(&mut bob, asked("canary")).await, ["shared/s.md"]);
    assert_eq!(paths(&mut stack.backend().await, asked("canary")).await, ["shared/s.md"]);
    let own = SearchFilesRequest { prefix: "user/".into(), ..asked("canary") };
    assert_eq!(paths(&mut ada, own.clone()).await, ["user/a.md"]);
    assert!(paths(&mut bob, own).await.is_empty());
    let other = SearchFilesRequest { user_id: "ada".into(), ..asked("canary") };
    assert_eq!(refused(bob.memory.search_files(other).await), ErrorReason::WrongUser);
    let logged = "SELECT count(*) FROM mx_access_log l JOIN mx_scope s USING (scope_id)
                   WHERE s.user_id = 'ada' AND l.operation = $1::text::smallint AND l.outcome = 1";
    let search = memex_core::actor::Operation::Search.code().to_string();
    assert_eq!(ask::number(stack.sql(), logged, &[&search]).await, 2, "one row a call");
    stack.finish().await;
}

#[tokio::test]
async fn a_query_and_a_limit_have_bounds_and_superseded_lines_come_last() {
    let stack = Stack::start().await;
    let mut ada = stack.agent("ada").await;
    ada.write("user/a.md", "# Home\n\n- lives in Porto, by the sea\n\n## History\n\n- lives in Tartu\n").await.unwrap();
    let long = "x".repeat(1_001);
    for query in ["", "a\0b", &long] {
        assert_eq!(refused(ada.memory.search_files(asked(query)).await), ErrorReason::FieldInvalid, "{query:?}");
    }
    for limit in [-1, 101] {
        let request = SearchFilesRequest { limit, ..asked("lives") };
        assert_eq!(refused(ada.memory.search_files(request).await), ErrorReason::FieldInvalid, "{limit}");
    }
    let passages = search(&mut ada, asked("Who lives in Tartu?")).await;
    let headings: Vec<&str> = passages.iter().map(|one| one.heading.as_str()).collect();
    assert_eq!(headings, ["Home", "History"]);
    let one = SearchFilesRequest { limit: 1, ..asked("lives") };
    assert_eq!(search(&mut ada, one).await.len(), 1);
    stack.finish().await;
}
