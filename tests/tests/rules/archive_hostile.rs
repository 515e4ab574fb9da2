//! Archives that were changed, cut off or made up: each is refused for a line and a rule, and nothing of it stays.

use memex_proto::v1::{
    DreamState, ErrorReason, GetDreamRequest, GetUserRequest, ImportHeader, MoveFileRequest, RedactRevisionRequest,
    RevertDreamRequest,
};
use memex_stack::stack::{Clients, Stack, StackOptions};
use tests::archive::{export, import, into, lines, messages, revisions, sealed};
use tests::refused::{bytes, reason, refused};
use tests::{ask, waiting};
use tokio_stream::StreamExt as _;
use uuid::Uuid;

use super::archive::with_a_history;
use super::archive_lies::{Lie, damaged, foreign, untrue};

/// A user with every kind of line: a dream, a deletion, a path that came again, a move, a redaction.
async fn full(stack: &Stack) -> Vec<u8> {
    with_a_history(stack).await;
    let ada = stack.agent("ada").await;
    let request =
        MoveFileRequest { path: "user/gone.md".into(), new_path: "user/moved.md".into(), ..Default::default() };
    ada.memory.clone().move_file(request).await.unwrap();
    let all = revisions(&stack.operator(), "ada").await;
    let old = all.iter().find(|one| one.path == "user/übung.md").unwrap();
    let request =
        RedactRevisionRequest { revision_id: old.revision_id.clone(), reason: "private".into(), ..Default::default() };
    stack.operator().admin.redact_revision(request).await.unwrap();
    export(&stack.operator(), "ada").await
}

/// Refused imports that the access log has.
async fn logged(stack: &Stack) -> i64 {
    ask::number(stack.sql(), "SELECT count(*) FROM mx_access_log WHERE operation = 63 AND outcome = 2", &[]).await
}

/// Each is refused as it says, with a row of the log, and leaves nothing; and the true archive is taken afterwards.
async fn are_refused(stack: &Stack, lies: &[Lie], archive: &[u8]) {
    let (operator, before) = (stack.operator(), ask::everything(stack).await);
    let rows = logged(stack).await;
    for lie in lies {
        let status = import(&operator, into("grace"), &lie.archive).await.expect_err(lie.name);
        assert_eq!(reason(&status), lie.reason, "{}: {status}", lie.name);
        let message = status.message();
        assert!(message.starts_with(&format!("{}: ", lie.place)), "{} at {}: {message}", lie.name, lie.place);
        assert!(message.len() > lie.place.len() + 10 && !message.contains(" tea"), "{}: {message}", lie.name);
        let user = operator.admin.clone().get_user(GetUserRequest { user_id: "grace".into() }).await;
        assert_eq!(refused(user), ErrorReason::UserNotFound, "{} left a user", lie.name);
        assert_eq!(ask::everything(stack).await, before, "{} left something", lie.name);
        let kept = ask::number(stack.sql(), "SELECT count(*) FROM mx_imported", &[]).await;
        assert_eq!(kept, 0, "{} left lines", lie.name);
    }
    assert_eq!(logged(stack).await - rows, lies.len() as i64);
    import(&operator, into("grace"), archive).await.unwrap();
}

#[tokio::test]
async fn an_archive_that_was_damaged_on_its_way_is_refused_for_the_line() {
    let stack = Stack::start().await;
    let archive = full(&stack).await;
    are_refused(&stack, &damaged(&archive), &archive).await;
    stack.finish().await;
}

#[tokio::test]
async fn an_archive_with_lines_that_memory_cannot_keep_is_refused_for_the_line() {
    let stack = Stack::start().await;
    let archive = full(&stack).await;
    are_refused(&stack, &foreign(&lines(&archive)), &archive).await;
    stack.finish().await;
}

#[tokio::test]
async fn an_archive_that_is_sealed_and_tells_of_no_possible_history_is_refused_for_the_line() {
    let stack = Stack::start().await;
    let archive = full(&stack).await;
    assert_eq!(sealed(&lines(&archive)).len(), archive.len(), "what was not changed is sealed as it was");
    are_refused(&stack, &untrue(&lines(&archive)), &archive).await;
    stack.finish().await;
}

#[tokio::test]
async fn what_is_over_a_limit_of_the_workspace_is_refused_for_the_line_and_the_limit() {
    let stack = Stack::start().await;
    let archive = full(&stack).await;
    let all = lines(&archive);
    let live = |place: &usize| all[*place]["kind"] == "file" && all[*place]["deleted"] == false;
    let third = (0..all.len()).filter(live).nth(2).unwrap() + 1;
    for (key, value, allowed) in [("max_files", "2", "2000"), ("max_scope_bytes", "100", "104857600")] {
        ask::set_key(&stack, key, value).await;
        let status = import(&stack.operator(), into("grace"), &archive).await.unwrap_err();
        assert_eq!(reason(&status), ErrorReason::QuotaExceeded);
        let message = status.message();
        assert!(message.contains(key) && message.starts_with("lines["), "{message}");
        assert!(key != "max_files" || message.starts_with(&format!("lines[{third}]: ")), "{message}");
        ask::set_key(&stack, key, allowed).await;
    }
    import(&stack.operator(), into("grace"), &archive).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn a_stream_out_of_form_is_refused_and_leaves_nothing() {
    use memex_proto::v1::ImportUserRequest;
    use memex_proto::v1::import_user_request::Message;
    let stack = Stack::start().await;
    let archive = full(&stack).await;
    let whole = messages(into("grace"), &archive);
    let big = ImportUserRequest { message: Some(Message::Part(vec![b'x'; 5 << 20])) };
    let twice = [&whole[..2], &whole].concat();
    let cases = [
        (vec![], ErrorReason::FieldInvalid),
        (whole[1..].to_vec(), ErrorReason::FieldInvalid),
        (twice, ErrorReason::FieldInvalid),
        ([&whole[..2], &[ImportUserRequest::default()]].concat(), ErrorReason::FieldInvalid),
        ([&whole[..2], &[big]].concat(), ErrorReason::MessageTooLarge),
    ];
    let before = ask::everything(&stack).await;
    for (number, (messages, expected)) in cases.into_iter().enumerate() {
        let answer = stack.operator().admin.import_user(futures::stream::iter(messages)).await;
        assert_eq!(refused(answer), expected, "case {number}");
    }
    assert_eq!(ask::everything(&stack).await, before);
    stack.finish().await;
}

#[tokio::test]
async fn a_caller_who_goes_away_in_the_middle_leaves_nothing_and_holds_nobody_up() {
    let stack = Stack::start().await;
    let archive = full(&stack).await;
    let before = ask::everything(&stack).await;
    let open =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'";
    let all = messages(into("grace"), &archive);
    let half = tokio_stream::iter(all[..all.len() / 2 + 1].to_vec()).chain(tokio_stream::pending());
    let mut admin = stack.operator().admin;
    let call = tokio::spawn(async move { admin.import_user(half).await });
    waiting::until("the import waits for more", async || {
        (ask::number(stack.sql(), open, &[]).await == 1).then_some(())
    })
    .await;
    call.abort();
    waiting::until("the import is given up", async || (ask::number(stack.sql(), open, &[]).await == 0).then_some(()))
        .await;
    assert_eq!(ask::everything(&stack).await, before);
    import(&stack.operator(), into("grace"), &archive).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn only_a_user_without_any_memory_takes_an_archive() {
    let stack = Stack::start().await;
    let archive = full(&stack).await;
    stack.user("bob").await.write("user/a.md", "- his own\n").await;
    let all = lines(&archive);
    let told: Vec<_> =
        all.iter().filter(|line| line["kind"] != "file" && line["kind"] != "revision").cloned().collect();
    // Nothing but what is told of dreams and calls is something too.
    import(&stack.operator(), into("carol"), &sealed(&told)).await.unwrap();
    for user in ["ada", "bob", "carol"] {
        let before = ask::everything(&stack).await;
        for archive in [archive.as_slice(), &sealed(&told), b"no archive"] {
            let answer = import(&stack.operator(), into(user), archive).await;
            assert_eq!(refused(answer), ErrorReason::WrongState, "{user}");
        }
        assert_eq!(ask::everything(&stack).await, before);
    }
    stack.finish().await;
}

/// An operator's token that is bound to a user: no call makes one, and what it may not reach is refused all the same.
async fn bound_operator(stack: &Stack, user: &str) -> Clients {
    let token = format!("mx_{}", Uuid::new_v4().simple());
    let statement = "INSERT INTO mx_token (token_id, hash, role, actor, created_by, workspace_id, user_id)
        SELECT gen_random_uuid(), sha256(convert_to($1, 'UTF8')), role, actor, 'test', workspace_id, $2 FROM mx_token WHERE role = 4 LIMIT 1";
    ask::change(stack.sql(), statement, &[&token, user]).await;
    Clients::at(&stack.endpoint(), &token)
}

#[tokio::test]
async fn an_import_outside_the_tokens_user_is_wrong_user_in_the_same_bytes_existing_or_not() {
    let stack = Stack::start().await;
    let archive = full(&stack).await;
    stack.user("bob").await.write("user/a.md", "- his own\n").await;
    let bound = bound_operator(&stack, "grace").await;
    let before = ask::everything(&stack).await;
    let mut told = Vec::new();
    for user in ["bob", "nobody", "ada"] {
        let status = import(&bound, into(user), &archive).await.unwrap_err();
        assert_eq!(reason(&status), ErrorReason::WrongUser, "{user}");
        told.push(bytes(&status));
    }
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    assert_eq!(ask::everything(&stack).await, before);
    import(&bound, into("grace"), &archive).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn an_imported_dream_is_never_reverted_and_is_nobodys_in_other_workspaces() {
    let workspaces = vec!["main".into(), "other".into(), "third".into()];
    let stack = Stack::with(StackOptions { workspaces, ..StackOptions::default() }).await;
    let archive = full(&stack).await;
    let (other, third) = (stack.workspace_named("other").operator(), stack.workspace_named("third").operator());
    import(&other, ImportHeader { qualifies: true, ..into("ada") }, &archive).await.unwrap();
    let dream = revisions(&other, "ada").await.into_iter().find_map(|one| {
        let dream = one.imported.unwrap().dream_id;
        (!dream.is_empty()).then_some(dream)
    });
    let dream_id = dream.unwrap();
    let revert = |dream_id: &str| RevertDreamRequest { dream_id: dream_id.into(), ..Default::default() };
    let before = ask::everything(&stack).await;
    let status = other.dream_admin.clone().revert_dream(revert(&dream_id)).await.unwrap_err();
    assert_eq!(reason(&status), ErrorReason::WrongState);
    assert!(status.message().contains("restore single revisions"), "{status}");
    let foreign = third.dream_admin.clone().revert_dream(revert(&dream_id)).await.unwrap_err();
    let nowhere =
        format!("{}{}", &dream_id[..dream_id.len() - 4], if dream_id.ends_with("0000") { "1111" } else { "0000" });
    let none = third.dream_admin.clone().revert_dream(revert(&nowhere)).await.unwrap_err();
    assert_eq!(reason(&foreign), ErrorReason::WrongUser);
    assert_eq!(bytes(&foreign), bytes(&none));
    assert_eq!(ask::everything(&stack).await, before);
    let dream = stack.operator().dream_admin.get_dream(GetDreamRequest { dream_id: dream_id.clone() }).await;
    assert_eq!(dream.unwrap().into_inner().dream.unwrap().state(), DreamState::Applied, "where it happened it stands");
    stack.operator().dream_admin.revert_dream(revert(&dream_id)).await.unwrap();
    stack.finish().await;
}
