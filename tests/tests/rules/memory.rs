//! Writing, reading and listing.

use memex_proto::reason::Refusal;
use memex_proto::v1::{
    BatchReadFilesRequest, ErrorReason, GetRevisionRequest, ListFilesRequest, ListRevisionsRequest, Source,
    batch_read_files_result,
};
use memex_stack::stack::Stack;
use tests::ask;
use tests::refused::{reason, refused};
use uuid::Uuid;

#[tokio::test]
async fn nothing_is_overwritten_in_silence() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    ada.write("user/a.md", "one").await.unwrap();
    let blind = ada.write("user/a.md", "two").await.unwrap_err();
    assert_eq!(reason(&blind), ErrorReason::ExpectedVersionRequired);
    let create = ada.write("user/a.md", "two").at(0).await;
    assert_eq!(refused(create), ErrorReason::FileExists);
    let stale = ada.write("user/a.md", "two").at(7).await.unwrap_err();
    let refusal = Refusal::of(&stale).unwrap();
    assert_eq!((refusal.reason, refusal.facts["current_version"].as_str()), (ErrorReason::VersionConflict, "1"));
    let next = ada.write("user/a.md", "two").at(1).await.unwrap();
    assert_eq!(next.file.unwrap().version, 2);
    let over = ada.write("user/a.md", "three").overwrite().await.unwrap();
    assert_eq!(over.file.unwrap().version, 3);
    stack.finish().await;
}

#[tokio::test]
async fn the_same_text_makes_no_revision() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    ada.write("user/a.md", "one").await.unwrap();
    let same = ada.write("user/a.md", "one").overwrite().await.unwrap();
    assert!(!same.changed && same.revision_id.is_empty(), "{same:?}");
    assert_eq!(ask::revisions(&stack, "ada").await, 1);
    stack.finish().await;
}

#[tokio::test]
async fn a_repeated_request_gives_the_first_answer_and_another_content_is_refused() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    let id = Uuid::new_v4();
    let request = ada.write("user/a.md", "one").id(id);
    let first = request.clone().await.unwrap();
    ada.write("user/a.md", "two").overwrite().await.unwrap();
    for repeat in futures::future::join_all((0..5).map(|_| request.clone().into_future())).await {
        assert_eq!(repeat.unwrap(), first);
    }
    assert_eq!(ask::revisions(&stack, "ada").await, 2);
    assert_eq!(refused(ada.write("user/a.md", "other").id(id).await), ErrorReason::RequestIdReused);
    stack.finish().await;
}

#[tokio::test]
async fn text_that_cannot_be_kept_is_refused_and_any_other_comes_back_exactly() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    assert_eq!(refused(ada.write("user/a.md", "a\0b").await), ErrorReason::InvalidText);
    let large = "x".repeat(102_401);
    assert_eq!(refused(ada.write("user/a.md", &large).await), ErrorReason::InvalidText);
    let most = "y".repeat(102_400);
    for (number, text) in
        ["", "no final newline", "a\r\nb\r\n", "e\u{301} é 🏳️‍🌈 𝔘", "\u{feff}bom\n", &most].into_iter().enumerate()
    {
        let path = format!("user/t{number}.md");
        ada.write(&path, text).await.unwrap();
        assert_eq!(ada.read(&path).await.unwrap().content, text);
    }
    stack.finish().await;
}

#[tokio::test]
async fn odd_paths_are_refused_with_the_rule_and_two_spellings_are_never_two_files() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    for path in [
        "",
        "user",
        "a.md",
        "users/ada/a.md",
        "user//a.md",
        "user/../shared/a.md",
        "user/./a.md",
        "/user/a.md",
        "user/a.md/",
        "user\\a.md",
        "user/%2e%2e/a.md",
        "user/a\u{202e}.md",
        "user/a\0.md",
    ] {
        let status = ada.write(path, "x").await.unwrap_err();
        assert_eq!(reason(&status), ErrorReason::InvalidPath, "{path:?}: {status}");
        assert!(!Refusal::of(&status).unwrap().violations.is_empty(), "{path:?}");
    }
    ada.write("user/e\u{301}.md", "one").await.unwrap();
    let twin = ada.write("user/é.md", "two").await;
    assert_eq!(refused(twin), ErrorReason::ExpectedVersionRequired);
    stack.finish().await;
}

#[tokio::test]
async fn a_read_of_an_unknown_user_creates_nothing() {
    let stack = Stack::start().await;
    let mut backend = stack.backend().await;
    assert_eq!(refused(backend.read("user/a.md").of("nobody").await), ErrorReason::FileNotFound);
    let list = ListFilesRequest { user_id: "nobody".into(), ..ListFilesRequest::default() };
    assert!(backend.memory.list_files(list).await.unwrap().into_inner().files.is_empty());
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_scope WHERE kind = 1", &[]).await, 0);
    stack.finish().await;
}

#[tokio::test]
async fn listing_pages_through_every_file_once_and_takes_prefixes_literally() {
    let stack = Stack::start().await;
    let mut ada = stack.agent("ada").await;
    for path in ["user/a_b/x.md", "user/aXb/x.md", "user/a%/x.md", "user/a/x.md", "user/é.md"] {
        ada.write(path, "x").await.unwrap();
    }
    stack.operator().write("shared/company.md", "x").await.unwrap();
    let (mut paths, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListFilesRequest { page_size: 2, page_token, ..ListFilesRequest::default() };
        let page = ada.memory.list_files(request).await.unwrap().into_inner();
        paths.extend(page.files.into_iter().map(|file| file.path));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let mut sorted = paths.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(paths, sorted);
    assert_eq!(paths.len(), 6);
    let under = async |prefix: &str| {
        let request = ListFilesRequest { prefix: prefix.into(), ..ListFilesRequest::default() };
        let mut ada = ada.clone();
        ada.memory
            .list_files(request)
            .await
            .unwrap()
            .into_inner()
            .files
            .into_iter()
            .map(|file| file.path)
            .collect::<Vec<_>>()
    };
    assert_eq!(under("user/a_b/").await, ["user/a_b/x.md"]);
    assert_eq!(under("user/a%/").await, ["user/a%/x.md"]);
    assert_eq!(under("shared/").await, ["shared/company.md"]);
    let foreign =
        ListFilesRequest { prefix: "user/a/".into(), page_token: "AAAA".into(), ..ListFilesRequest::default() };
    assert_eq!(refused(ada.memory.list_files(foreign).await), ErrorReason::CursorExpired);
    stack.finish().await;
}

#[tokio::test]
async fn a_batch_gives_each_path_its_own_result() {
    let stack = Stack::start().await;
    let mut ada = stack.agent("ada").await;
    ada.write("user/a.md", "one").await.unwrap();
    let paths = ["user/a.md", "user/none.md", "user/../x"].map(String::from).to_vec();
    let request = BatchReadFilesRequest { paths, ..BatchReadFilesRequest::default() };
    let results = ada.memory.batch_read_files(request).await.unwrap().into_inner().results;
    let kinds: Vec<_> = results.into_iter().map(|result| result.result.unwrap()).collect();
    assert!(matches!(&kinds[0], batch_read_files_result::Result::File(file) if file.content == "one"));
    assert_eq!(kinds[1], batch_read_files_result::Result::Reason(ErrorReason::FileNotFound.into()));
    assert_eq!(kinds[2], batch_read_files_result::Result::Reason(ErrorReason::InvalidPath.into()));
    stack.finish().await;
}

#[tokio::test]
async fn every_change_is_a_revision_that_can_be_read_again() {
    let stack = Stack::start().await;
    let agent = stack.agent("ada").await;
    let mut history = agent.history.clone();
    for (text, source) in [("one", Source::User), ("two", Source::Tool)] {
        let write = agent.write("user/a.md", text).overwrite().source(source);
        write.with(|write| write.reason = "because".into()).await.unwrap();
    }
    let request = ListRevisionsRequest { path: "user/a.md".into(), ..ListRevisionsRequest::default() };
    let revisions = history.list_revisions(request).await.unwrap().into_inner().revisions;
    let seen: Vec<_> =
        revisions.iter().map(|r| (r.version, r.sequence, r.source(), r.actor.as_str(), r.reason.as_str())).collect();
    assert_eq!(seen, [(2, 2, Source::Tool, "agent", "because"), (1, 1, Source::User, "agent", "because")]);
    // Of who has no memory as of anybody.
    let mut backend = stack.backend().await.history;
    for user in ["ada", "nobody"] {
        let of = |page_size, page_token: &str| {
            let (user_id, page_token) = (user.to_owned(), page_token.to_owned());
            ListRevisionsRequest { user_id, page_size, page_token, ..ListRevisionsRequest::default() }
        };
        assert_eq!(refused(backend.list_revisions(of(-5, "")).await), ErrorReason::FieldInvalid);
        assert_eq!(refused(backend.list_revisions(of(0, "AAAA")).await), ErrorReason::CursorExpired);
    }
    let first = GetRevisionRequest { revision_id: revisions[1].revision_id.clone(), ..Default::default() };
    assert_eq!(history.get_revision(first).await.unwrap().into_inner().content, "one");
    stack.finish().await;
}

#[tokio::test]
async fn a_full_scope_still_takes_edits() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "max_files", "2").await;
    let ada = stack.agent("ada").await;
    for path in ["user/a.md", "user/b.md"] {
        ada.write(path, "x").await.unwrap();
    }
    assert_eq!(refused(ada.write("user/c.md", "x").await), ErrorReason::QuotaExceeded);
    ada.write("user/a.md", "longer").overwrite().await.unwrap();
    stack.finish().await;
}
