//! Watching: every change once, in order within a scope, across reconnects.

use std::collections::BTreeMap;

use memex_proto::v1::watch_changes_response::Event;
use memex_proto::v1::{ChangedFile, ErrorReason, WatchChangesRequest, WatchChangesResponse};
use memex_stack::stack::sqlx;
use memex_stack::stack::{Clients, Stack, StackOptions};
use tests::ask;
use tests::refused::{reason, refused};
use tests::waiting::{ends, until};
use tonic::Streaming;

async fn watch(clients: &Clients, request: WatchChangesRequest) -> Streaming<WatchChangesResponse> {
    clients.history.clone().watch_changes(request).await.unwrap().into_inner()
}

async fn next(stream: &mut Streaming<WatchChangesResponse>) -> WatchChangesResponse {
    ends("the next event of a watch", stream.message()).await.unwrap().expect("the watch goes on")
}

/// The next change, with its cursor.
async fn change(stream: &mut Streaming<WatchChangesResponse>) -> (String, ChangedFile) {
    loop {
        let answer = next(stream).await;
        if let Some(Event::Change(change)) = answer.event {
            return (answer.cursor, change);
        }
    }
}

#[tokio::test]
async fn a_watch_of_a_user_begins_now_and_goes_on_at_its_cursor() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    ada.write("user/a.md", "before").overwrite().await.unwrap();
    let mut stream = watch(&ada, WatchChangesRequest::default()).await;
    let first = next(&mut stream).await;
    assert!(first.event.is_none() && !first.cursor.is_empty());
    for text in ["one", "two"] {
        ada.write("user/a.md", text).overwrite().await.unwrap();
    }
    let (cursor, one) = change(&mut stream).await;
    assert_eq!((one.user_id.as_str(), one.revision.unwrap().sequence), ("ada", 2));
    drop(stream);
    let mut again = watch(&ada, WatchChangesRequest { cursor, ..Default::default() }).await;
    assert_eq!(change(&mut again).await.1.revision.unwrap().sequence, 3);
    let mut all = watch(&ada, WatchChangesRequest { from_beginning: true, ..Default::default() }).await;
    for sequence in 1..=3 {
        assert_eq!(change(&mut all).await.1.revision.unwrap().sequence, sequence);
    }
    let log = "SELECT count(*) FROM mx_access_log WHERE operation = 24 AND outcome = 1";
    assert_eq!(ask::number(stack.sql(), log, &[]).await, 3);
    drop((again, all));
    stack.finish().await;
}

#[tokio::test]
async fn a_user_without_memory_is_watched_from_their_first_write_on() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    let mut stream = watch(&ada, WatchChangesRequest::default()).await;
    let cursor = next(&mut stream).await.cursor;
    ada.write("user/a.md", "one").overwrite().await.unwrap();
    assert_eq!(change(&mut stream).await.1.revision.unwrap().sequence, 1);
    let mut again = watch(&ada, WatchChangesRequest { cursor, ..Default::default() }).await;
    assert_eq!(change(&mut again).await.1.revision.unwrap().sequence, 1);
    drop((stream, again));
    stack.finish().await;
}

#[tokio::test]
async fn each_watches_what_they_may_read_and_a_cursor_is_of_its_own_watch() {
    let stack = Stack::start().await;
    let (ada, backend) = (stack.agent("ada").await, stack.backend().await);
    let refusal =
        async |clients: &Clients, request| refused(clients.history.clone().watch_changes(request).await.map(|_| ()));
    let all = WatchChangesRequest { all_users: true, ..Default::default() };
    let of = |user: &str| WatchChangesRequest { user_id: user.into(), ..Default::default() };
    assert_eq!(refusal(&ada, all.clone()).await, ErrorReason::RoleRequired);
    assert_eq!(refusal(&ada, of("bob")).await, ErrorReason::WrongUser);
    assert_eq!(refusal(&backend, of("")).await, ErrorReason::FieldInvalid);
    assert_eq!(
        refusal(&backend, WatchChangesRequest { all_users: true, ..of("ada") }).await,
        ErrorReason::FieldInvalid
    );
    let cursor = next(&mut watch(&backend, of("ada")).await).await.cursor;
    assert_eq!(
        refusal(&backend, WatchChangesRequest { cursor: cursor.clone(), ..of("bob") }).await,
        ErrorReason::CursorExpired
    );
    assert_eq!(
        refusal(&backend, WatchChangesRequest { cursor: cursor.clone(), ..all }).await,
        ErrorReason::CursorExpired
    );
    ask::change(stack.sql(), "UPDATE mx_epoch SET system_identifier = system_identifier - 1", &[]).await;
    assert_eq!(refusal(&backend, WatchChangesRequest { cursor, ..of("ada") }).await, ErrorReason::CursorExpired);
    stack.finish().await;
}

#[tokio::test]
async fn a_restored_database_ends_the_watches_and_sets_its_transactions_back() {
    let stack = Stack::start().await;
    let backend = stack.backend().await;
    backend.write("user/a.md", "one").of("ada").overwrite().await.unwrap();
    let all = WatchChangesRequest { all_users: true, from_beginning: true, ..Default::default() };
    let mut stream = watch(&backend, all.clone()).await;
    change(&mut stream).await;
    for table in ["mx_revision", "mx_scope"] {
        let beyond = format!("UPDATE {table} SET feed_xid = (feed_xid::text::bigint + 1000000)::text::xid8");
        ask::change(stack.sql(), &beyond, &[]).await;
    }
    ask::change(stack.sql(), "UPDATE mx_epoch SET timeline = 'another'", &[]).await;
    let ended = ends("the end of the watch", async {
        loop {
            if let Err(status) = stream.message().await {
                return status;
            }
        }
    });
    assert_eq!(reason(&ended.await), ErrorReason::CursorExpired);
    assert_eq!(change(&mut watch(&backend, all).await).await.1.user_id, "ada");
    stack.finish().await;
}

#[tokio::test]
async fn a_new_epoch_is_the_newest_whatever_number_the_one_before_has() {
    let stack = Stack::start().await;
    let backend = stack.backend().await;
    // Another database of the deployment began this epoch: its numbers are ahead of ours.
    let ahead = "INSERT INTO mx_epoch (number, epoch_id, system_identifier, database, timeline) OVERRIDING SYSTEM VALUE
        SELECT number + 1000, gen_random_uuid(), system_identifier, database, 'another' FROM mx_epoch";
    ask::change(stack.sql(), ahead, &[]).await;
    let all = WatchChangesRequest { all_users: true, ..Default::default() };
    until("the database is ready for watches", async || backend.history.clone().watch_changes(all.clone()).await.ok())
        .await;
    stack.abandon().await;
}

#[tokio::test]
async fn a_watch_of_a_workspace_tells_of_users_and_of_shared_files() {
    let stack = Stack::start().await;
    let backend = stack.backend().await;
    backend.write("user/a.md", "one").of("ada").overwrite().await.unwrap();
    stack.operator().write("shared/a.md", "one").overwrite().await.unwrap();
    let kinds = "SELECT DISTINCT format('%s %s', kind, sign(scope_id)) FROM mx_scope ORDER BY 1";
    assert_eq!(ask::lines(stack.sql(), kinds, &[]).await, ["1 1", "2 -1"], "the ids tell users from what is shared");
    let all = |cursor| WatchChangesRequest { all_users: true, from_beginning: true, cursor, ..Default::default() };
    let mut stream = watch(&backend, all(String::new())).await;
    let (between, first) = change(&mut stream).await;
    let (_, second) = change(&mut stream).await;
    assert_eq!((first.user_id.as_str(), second.user_id.as_str()), ("", "ada"));
    let going_on = WatchChangesRequest { from_beginning: false, ..all(between) };
    let mut again = watch(&backend, going_on).await;
    assert_eq!(change(&mut again).await.1.user_id, "ada");
    stack.operator().write("shared/a.md", "two").overwrite().await.unwrap();
    for stream in [&mut stream, &mut again] {
        assert_eq!(change(stream).await.1.revision.unwrap().version, 2);
    }
    drop((stream, again));
    stack.finish().await;
}

/// More revisions than are set back at once.
const MANY: i64 = 2_500;

#[tokio::test]
async fn a_large_restored_database_is_made_ready_beside_the_writes_and_whatever_is_held() {
    let stack = Stack::start().await;
    let backend = stack.backend().await;
    for user in ["ada", "bob"] {
        backend.write("user/a.md", "one").of(user).overwrite().await.unwrap();
    }
    let more = "INSERT INTO mx_revision (scope_id, file_id, version, sequence, operation, path, size, sha256, actor, principal, source, feed_xid, hidden_unicode, qualifies, at)
        SELECT scope_id, gen_random_uuid(), 1, 1 + n, 12, 'user/b.md', 0, '', 'test', gen_random_uuid(), 1, feed_xid, false, false, mx_now()
          FROM mx_scope, generate_series(1, $1::bigint) n WHERE user_id = 'ada'";
    ask::change(stack.sql(), more, &[&MANY.to_string()]).await;
    ask::change(
        stack.sql(),
        "UPDATE mx_scope SET sequence = 1 + $1::bigint WHERE user_id = 'ada'",
        &[&MANY.to_string()],
    )
    .await;
    for table in ["mx_revision", "mx_scope"] {
        let beyond = format!("UPDATE {table} SET feed_xid = (feed_xid::text::bigint + 1000000)::text::xid8");
        ask::change(stack.sql(), &beyond, &[]).await;
    }
    let mut held = stack.sql().begin().await.unwrap();
    let hold = "-- test.hold\nSELECT FROM mx_scope WHERE user_id = 'ada' FOR NO KEY UPDATE";
    sqlx::query(hold).execute(&mut *held).await.unwrap();
    ask::change(stack.sql(), "UPDATE mx_epoch SET timeline = 'another'", &[]).await;
    let all = WatchChangesRequest { all_users: true, from_beginning: true, ..Default::default() };
    let early = backend.history.clone().watch_changes(all.clone()).await;
    assert_eq!(refused(early.map(|_| ())), ErrorReason::DatabaseUnavailable);
    backend.write("user/a.md", "two").of("bob").overwrite().await.unwrap();
    held.rollback().await.unwrap();
    let mut stream = until("the database is ready for watches", async || {
        backend.history.clone().watch_changes(all.clone()).await.ok()
    })
    .await
    .into_inner();
    let mut seen: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    while seen.values().map(Vec::len).sum::<usize>() < usize::try_from(MANY).unwrap() + 3 {
        let (_, change) = change(&mut stream).await;
        seen.entry(change.user_id).or_default().push(change.revision.unwrap().sequence);
    }
    assert_eq!(seen["ada"], (1..=MANY + 1).collect::<Vec<_>>());
    assert_eq!(seen["bob"], [1, 2]);
    backend.write("user/a.md", "two").of("ada").overwrite().await.unwrap();
    assert_eq!(change(&mut stream).await.1.revision.unwrap().sequence, MANY + 2);
    drop(stream);
    stack.abandon().await;
}

#[tokio::test]
async fn a_cursor_from_after_the_moment_to_which_the_disks_were_put_back_is_expired() {
    let stack = Stack::start().await;
    let backend = stack.backend().await;
    for text in ["one", "two"] {
        backend.write("user/a.md", text).of("ada").overwrite().await.unwrap();
    }
    let of_ada = WatchChangesRequest { user_id: "ada".into(), from_beginning: true, ..Default::default() };
    let mut stream = watch(&backend, of_ada.clone()).await;
    change(&mut stream).await;
    let cursor = change(&mut stream).await.0;
    let again = WatchChangesRequest { cursor, from_beginning: false, ..of_ada };
    drop(watch(&backend, again.clone()).await);
    // As it would be in a database that has forgotten the second revision.
    ask::change(stack.sql(), "UPDATE mx_scope SET sequence = 1 WHERE user_id = 'ada'", &[]).await;
    let answer = backend.history.clone().watch_changes(again).await;
    assert_eq!(refused(answer.map(|_| ())), ErrorReason::CursorExpired);
    let open = ends("the end of the watch", stream.message()).await;
    assert_eq!(reason(&open.unwrap_err()), ErrorReason::CursorExpired);
    ask::change(stack.sql(), "UPDATE mx_scope SET sequence = 2 WHERE user_id = 'ada'", &[]).await;
    stack.finish().await;
}

#[tokio::test]
async fn an_erased_user_is_the_last_event_of_their_watch() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    ada.write("user/a.md", "one").overwrite().await.unwrap();
    let mut stream = watch(&ada, WatchChangesRequest::default()).await;
    next(&mut stream).await;
    ask::change(stack.sql(), "UPDATE mx_scope SET erasing = true WHERE kind = 1", &[]).await;
    let Some(Event::Erasure(erasure)) = next(&mut stream).await.event else { panic!("no erasure") };
    assert_eq!(erasure.user_id, "ada");
    assert!(ends("the end of the watch", stream.message()).await.unwrap().is_none());
    stack.finish().await;
}

#[tokio::test]
async fn a_revoked_token_ends_its_watch() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    let mut stream = watch(&ada, WatchChangesRequest::default()).await;
    next(&mut stream).await;
    ask::change(stack.sql(), "UPDATE mx_token SET revoked_at = mx_now() WHERE user_id = 'ada'", &[]).await;
    let status = ends("the end of the watch", stream.message()).await.unwrap_err();
    assert_eq!(reason(&status), ErrorReason::TokenInvalid);
    stack.finish().await;
}

#[tokio::test]
async fn a_service_that_is_told_to_end_ends_its_watches_first() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    let mut stream = watch(&ada, WatchChangesRequest::default()).await;
    next(&mut stream).await;
    let end = tokio::spawn(async move { stream.message().await });
    stack.finish().await;
    let end = ends("the end of the watch", end).await.unwrap();
    assert!(end.expect("it ends of itself, and is not cut off").is_none());
}

#[tokio::test]
async fn a_workspace_is_watched_with_what_it_shares_and_without_the_others() {
    let workspaces = vec!["main".into(), "other".into()];
    let stack = Stack::with(StackOptions { workspaces, ..StackOptions::default() }).await;
    let other = stack.workspace_named("other").backend().await;
    // The first scope of a user: what is read in the order of scopes would have it before the rest.
    other.write("user/a.md", "one").of("eve").overwrite().await.unwrap();
    let backend = stack.backend().await;
    backend.write("user/a.md", "one").of("ada").overwrite().await.unwrap();
    stack.operator().write("shared/company.md", "one").overwrite().await.unwrap();
    let all = WatchChangesRequest { all_users: true, from_beginning: true, ..Default::default() };
    let mut stream = watch(&backend, all.clone()).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        seen.push(change(&mut stream).await.1.user_id);
    }
    seen.sort();
    assert_eq!(seen, ["", "ada"]);
    assert_eq!(change(&mut watch(&other, all).await).await.1.user_id, "eve");
    drop(stream);
    stack.finish().await;
}

const WRITERS: usize = 16;
const WRITES: usize = 12;
const USERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_reconnects_sees_every_change_of_many_writers_once_and_in_order() {
    let stack = Stack::start().await;
    let backend = stack.backend().await;
    let mut stream = watch(&backend, WatchChangesRequest { all_users: true, ..Default::default() }).await;
    next(&mut stream).await;
    let writers: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(keep_writing(backend.clone(), writer))).collect();
    let mut seen: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut count = 0;
    while count < WRITERS * WRITES {
        let (cursor, change) = change(&mut stream).await;
        seen.entry(change.user_id).or_default().push(change.revision.unwrap().sequence);
        count += 1;
        if count % 7 == 0 {
            stream = watch(&backend, WatchChangesRequest { all_users: true, cursor, ..Default::default() }).await;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let each = i64::try_from(WRITERS * WRITES / USERS).unwrap();
    assert_eq!(seen.len(), USERS);
    for (user, sequences) in seen {
        assert_eq!(sequences, (1..=each).collect::<Vec<_>>(), "{user}");
    }
    drop(stream);
    stack.finish().await;
}

async fn keep_writing(backend: Clients, writer: usize) {
    for number in 0..WRITES {
        let user = format!("user-{}", (writer + number) % USERS);
        backend.write(&format!("user/{writer}.md"), &format!("{writer} {number}")).of(&user).overwrite().await.unwrap();
    }
}
