//! scratch
#![allow(clippy::all, missing_docs, unused)]
use memex_proto::v1 as pb;
use memex_proto::v1::memory_service_client::MemoryServiceClient as M;
use memex_proto::v1::history_service_client::HistoryServiceClient as H;
use memex_proto::reason::Refusal;
use sha2::{Digest, Sha256};
use tonic::{Request, Status, transport::Channel};
use sqlx::{PgPool, Row};
use clap::Parser;
use uuid::Uuid;

const URL: &str = "postgres://postgres@127.0.0.1:54329/memex_scratch_m2";

fn req<T>(token: &str, m: T) -> Request<T> { let mut r = Request::new(m); r.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap()); r }
fn dreq<T>(d: &(String, i64), m: T) -> Request<T> { let mut r = req("worker", m); r.metadata_mut().insert("memex-dream-id", d.0.parse().unwrap()); r.metadata_mut().insert("memex-dream-fence", d.1.to_string().parse().unwrap()); r }
fn why(s: Status) -> String { match Refusal::of(&s) { Some(r) => { let mut f: Vec<_> = r.facts.iter().collect(); f.sort(); format!("{:?} {:?}", r.reason, f) }, None => format!("{s:?}") } }
fn w(path: &str, content: &str) -> pb::WriteFileRequest { pb::WriteFileRequest { user_id: "ada".into(), path: path.into(), content: content.into(), ..Default::default() } }
use pb::write_file_request::Precondition as P;

async fn setup() -> (PgPool, M<Channel>, H<Channel>) {
    let admin = PgPool::connect("postgres://postgres@127.0.0.1:54329/postgres").await.unwrap();
    sqlx::raw_sql("DROP DATABASE IF EXISTS memex_scratch_m2 WITH (FORCE)").execute(&admin).await.unwrap();
    sqlx::raw_sql("CREATE DATABASE memex_scratch_m2").execute(&admin).await.unwrap();
    tokio::task::spawn_blocking(|| memory_api::commands::run(memory_api::args::MemoryApi::parse_from(["memory-api", "migrate", "--database-url", URL]))).await.unwrap();
    let pool = PgPool::connect(URL).await.unwrap();
    sqlx::raw_sql("INSERT INTO mx_workspace(name) VALUES ('w'), ('x')").execute(&pool).await.unwrap();
    for (t, ws, role, user) in [("agent", Some(1i64), 1i16, Some("ada")), ("bobs", Some(1), 1, Some("bob")), ("backend", Some(1), 2, None), ("worker", None, 3, None), ("operator", Some(1), 4, None), ("auditor", Some(1), 5, None), ("foreign", Some(2), 4, None)] {
        sqlx::query("INSERT INTO mx_token(token_id,hash,workspace_id,role,user_id,actor,created_by) VALUES (gen_random_uuid(),$1,$2,$3,$4,$5,'t')").bind(Sha256::digest(t).to_vec()).bind(ws).bind(role).bind(user).bind(t).execute(&pool).await.unwrap();
    }
    let (tx, rx) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(async move {
        let memory_api::args::Command::Serve(args) = memory_api::args::MemoryApi::parse_from(["memory-api", "serve", "--database-url", URL, "--listen", "127.0.0.1:0"]).command else { panic!() };
        memory_api::serve(args, std::sync::Arc::new(memex_core::clock::SystemClock), Default::default(), memex_runtime::lifecycle::Shutdown::manual(), |a| { let _ = tx.send(a); }).await.unwrap();
    }));
    let addr = rx.await.unwrap();
    let ch = Channel::from_shared(format!("http://{addr}")).unwrap().connect().await.unwrap();
    (pool, M::new(ch.clone()), H::new(ch))
}

async fn rows(pool: &PgPool, label: &str) {
    println!("-- log {label}");
    for r in sqlx::query("SELECT s.user_id u, l.operation o, l.path p, l.file_version v, l.outcome x, l.reason r, l.actor a, l.dream_id IS NOT NULL d FROM mx_access_log l JOIN mx_scope s USING (scope_id) ORDER BY entry_id").fetch_all(pool).await.unwrap() {
        println!("   {:>4} op {} {} v{} outcome {} reason {} {} dream {}", r.get::<String,_>("u"), r.get::<i16,_>("o"), r.get::<String,_>("p"), r.get::<i64,_>("v"), r.get::<i16,_>("x"), r.get::<i16,_>("r"), r.get::<String,_>("a"), r.get::<bool,_>("d"));
    }
    sqlx::raw_sql("TRUNCATE mx_access_log").execute(pool).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn scratch() {
    let (pool, mut m, mut h) = setup().await;
    macro_rules! show { ($l:expr, $e:expr) => { match $e.await { Ok(r) => { println!("{}: OK {:?}", $l, r.get_ref()); Some(r.into_inner()) }, Err(s) => { println!("{}: {}", $l, why(s)); None } } } }
    show!("read unknown user", m.read_file(req("agent", pb::ReadFileRequest { path: "user/a.md".into(), ..Default::default() })));
    show!("list unknown user", m.list_files(req("agent", pb::ListFilesRequest::default())));
    println!("scopes {}", sqlx::query("SELECT count(*) FROM mx_scope WHERE kind=1").fetch_one(&pool).await.unwrap().get::<i64,_>(0));
    show!("patch unknown user", m.patch_file(req("agent", pb::PatchFileRequest { path: "user/a.md".into(), edits: vec![pb::Edit{kind:Some(pb::edit::Kind::Replace(pb::Replace{old:"a".into(),new:"b".into()}))}], ..Default::default() })));
    rows(&pool, "unknown").await;
    let id = Uuid::new_v4().to_string();
    let mut first = w("user/a.md", "one\n"); first.request_id = id.clone();
    let a = show!("write", m.write_file(req("agent", first.clone())));
    show!("write second", m.write_file(req("agent", w("user/a.md", "two\n"))));
    show!("create", m.write_file(req("agent", pb::WriteFileRequest{ precondition: Some(P::ExpectedVersion(0)), ..w("user/a.md", "two\n")})));
    show!("stale", m.write_file(req("agent", pb::WriteFileRequest{ precondition: Some(P::ExpectedVersion(7)), ..w("user/a.md", "two\n")})));
    show!("v1", m.write_file(req("agent", pb::WriteFileRequest{ precondition: Some(P::ExpectedVersion(1)), source: 5, ..w("user/a.md", "one\ntwo\n")})));
    show!("overwrite same", m.write_file(req("agent", pb::WriteFileRequest{ precondition: Some(P::Overwrite(true)), ..w("user/a.md", "one\ntwo\n")})));
    let b = show!("repeat", m.write_file(req("agent", first.clone())));
    assert_eq!(a, b);
    first.content = "other".into();
    show!("reused", m.write_file(req("agent", first)));
    show!("wrong user", m.write_file(req("bobs", w("user/a.md", "x"))));
    show!("shared by agent", m.write_file(req("agent", w("shared/c.md", "x"))));
    show!("shared by operator", m.write_file(req("operator", pb::WriteFileRequest{ user_id: "".into(), ..w("shared/c.md", "x")})));
    show!("dream log", m.write_file(req("agent", w("user/dream-log.md", "x"))));
    show!("dream log import", m.write_file(req("operator", pb::WriteFileRequest{ source: 5, ..w("user/dream-log.md", "x")})));
    show!("dream log import again", m.write_file(req("operator", pb::WriteFileRequest{ source: 5, ..w("user/dream-log.md", "y")})));
    show!("worker", m.write_file(req("worker", w("user/a.md", "x"))));
    show!("worker read", m.read_file(req("worker", pb::ReadFileRequest { user_id: "ada".into(), path: "user/a.md".into(), ..Default::default() })));
    show!("agent as dream", m.read_file({ let mut r = req("agent", pb::ReadFileRequest::default()); r.metadata_mut().insert("memex-dream-id", "drm_x".parse().unwrap()); r }));
    show!("auditor writes", m.write_file(req("auditor", w("user/a.md", "x"))));
    show!("bad path", m.write_file(req("agent", w("users/a.md", "x"))));
    show!("nul", m.write_file(req("agent", w("user/b.md", "x\0"))));
    show!("too long", m.write_file(req("agent", w("user/b.md", &"x".repeat(102_401)))));
    show!("treatments", m.write_file(req("agent", pb::WriteFileRequest{ treatments: vec![Default::default()], ..w("user/b.md", "x")})));
    rows(&pool, "writes").await;
    let edit = |o: &str, n: &str| pb::Edit{kind:Some(pb::edit::Kind::Replace(pb::Replace{old:o.into(),new:n.into()}))};
    let patch = |e, id: &str| pb::PatchFileRequest { path: "user/a.md".into(), edits: vec![e], request_id: id.into(), ..Default::default() };
    let id = Uuid::new_v4().to_string();
    let p1 = show!("patch", m.patch_file(req("agent", patch(edit("two", "$&"), &id))));
    show!("patch again", m.patch_file(req("agent", patch(edit("$&", "three"), ""))));
    let p2 = show!("patch repeat", m.patch_file(req("agent", patch(edit("two", "$&"), &id))));
    assert_eq!(p1, p2);
    show!("patch reuse", m.patch_file(req("agent", patch(edit("two", "x"), &id))));
    show!("no match", m.patch_file(req("agent", patch(edit("zzz", "x"), ""))));
    show!("ambiguous", m.patch_file(req("agent", patch(edit("e", "x"), ""))));
    show!("insert", m.patch_file(req("agent", patch(pb::Edit{kind:Some(pb::edit::Kind::InsertLines(Default::default()))}, ""))));
    show!("patch stale", m.patch_file(req("agent", pb::PatchFileRequest{ expected_version: Some(1), ..patch(edit("one", "x"), "") })));
    show!("patch missing", m.patch_file(req("agent", pb::PatchFileRequest{ path: "user/none.md".into(), ..patch(edit("one", "x"), "") })));
    show!("patch missing v", m.patch_file(req("agent", pb::PatchFileRequest{ path: "user/none.md".into(), expected_version: Some(2), ..patch(edit("one", "x"), "") })));
    rows(&pool, "patches").await;
    show!("read", m.read_file(req("agent", pb::ReadFileRequest { path: "user/a.md".into(), ..Default::default() })));
    show!("read at", m.read_file(req("agent", pb::ReadFileRequest { path: "user/a.md".into(), at: Some(pb::read_file_request::At::Version(1)), ..Default::default() })));
    show!("auditor read", m.read_file(req("auditor", pb::ReadFileRequest { user_id: "ada".into(), path: "user/a.md".into(), ..Default::default() })));
    show!("foreign read", m.read_file(req("foreign", pb::ReadFileRequest { user_id: "ada".into(), path: "user/a.md".into(), ..Default::default() })));
    show!("batch", m.batch_read_files(req("agent", pb::BatchReadFilesRequest { user_id: "".into(), paths: ["user/a.md", "nope", "shared/c.md", "user/none.md", "user/a.md"].map(String::from).to_vec() })));
    show!("batch shared", m.batch_read_files(req("backend", pb::BatchReadFilesRequest { user_id: "".into(), paths: ["shared/c.md"].map(String::from).to_vec() })));
    let mut token = String::new();
    loop {
        let page = show!("list", m.list_files(req("agent", pb::ListFilesRequest { page_size: 1, page_token: token, ..Default::default() }))).unwrap();
        token = page.next_page_token; if token.is_empty() { break } 
        show!("foreign token", m.list_files(req("bobs", pb::ListFilesRequest { page_size: 1, page_token: token.clone(), ..Default::default() })));
    }
    show!("list user", m.list_files(req("agent", pb::ListFilesRequest { prefix: "user/d".into(), ..Default::default() })));
    show!("list shared", m.list_files(req("backend", pb::ListFilesRequest { prefix: "shared/".into(), ..Default::default() })));
    rows(&pool, "reads").await;
    let revs = show!("revisions", h.list_revisions(req("agent", pb::ListRevisionsRequest { path: "user/a.md".into(), page_size: 2, ..Default::default() }))).unwrap();
    show!("revisions 2", h.list_revisions(req("agent", pb::ListRevisionsRequest { path: "user/a.md".into(), page_size: 9, page_token: revs.next_page_token.clone(), ..Default::default() })));
    show!("shared revisions", h.list_revisions(req("agent", pb::ListRevisionsRequest { path: "shared/c.md".into(), ..Default::default() })));
    let rid = revs.revisions[0].revision_id.clone();
    show!("get", h.get_revision(req("agent", pb::GetRevisionRequest { revision_id: rid.clone() })));
    let s1 = h.get_revision(req("bobs", pb::GetRevisionRequest { revision_id: rid.clone() })).await.unwrap_err();
    let s2 = h.get_revision(req("bobs", pb::GetRevisionRequest { revision_id: memex_core::ids::RevisionId { scope: 999, sequence: 1 }.to_string() })).await.unwrap_err();
    let s3 = h.get_revision(req("foreign", pb::GetRevisionRequest { revision_id: rid })).await.unwrap_err();
    assert!(s1.details() == s2.details() && s1.message() == s2.message() && s2.details() == s3.details()); println!("foreign ids: {}", why(s1));
    let scope: i64 = sqlx::query("SELECT scope_id FROM mx_scope WHERE user_id='ada'").fetch_one(&pool).await.unwrap().get(0);
    show!("get missing", h.get_revision(req("agent", pb::GetRevisionRequest { revision_id: memex_core::ids::RevisionId { scope, sequence: 999 }.to_string() })));
    rows(&pool, "history").await;
    // concurrent patches
    let tasks: Vec<_> = (0..48).map(|i| { let mut m = m.clone(); tokio::spawn(async move { m.patch_file(req("agent", pb::PatchFileRequest { path: "user/a.md".into(), edits: vec![pb::Edit{kind:Some(pb::edit::Kind::AppendLines(pb::AppendLines{lines: vec![format!("line {i}")], after_heading: String::new()}))}], ..Default::default() })).await }) }).collect();
    let mut ok = 0; for t in tasks { match t.await.unwrap() { Ok(_) => ok += 1, Err(s) => println!("patch race {}", why(s)) } }
    let text = m.read_file(req("agent", pb::ReadFileRequest { path: "user/a.md".into(), ..Default::default() })).await.unwrap().into_inner().file.unwrap().content;
    println!("48 patches: ok {ok}, lines {}, log rows {:?}", text.lines().filter(|l| l.starts_with("line ")).count(), sqlx::query("SELECT count(*) FILTER (WHERE outcome=1), count(*) FILTER (WHERE outcome=2) FROM mx_access_log WHERE operation=11").fetch_one(&pool).await.map(|r| (r.get::<i64,_>(0), r.get::<i64,_>(1))).unwrap());
    sqlx::raw_sql("TRUNCATE mx_access_log").execute(&pool).await.unwrap();
    // dream
    let dream = Uuid::new_v4();
    sqlx::query("INSERT INTO mx_dream(scope_id,dream_id,workspace_id,state,mode,curator,requested,max_ops,max_files,max_bytes,max_read_bytes,max_seconds,fence,worker,lease_expires_at,snapshot_sequence,claimed_at) SELECT scope_id,$1,1,'running','apply','builtin',false,3,2,100000,100000,100,4,(SELECT token_id FROM mx_token WHERE role=3),mx_now()+interval '5 min',sequence,mx_now() FROM mx_scope WHERE user_id='ada'").bind(dream).execute(&pool).await.unwrap();
    let d = (memex_core::ids::DreamId { scope, id: dream }.to_string(), 4i64);
    let head = show!("dream read", m.read_file(dreq(&d, pb::ReadFileRequest { path: "user/a.md".into(), ..Default::default() }))).unwrap().file.unwrap();
    let v = head.file.as_ref().unwrap().version;
    show!("dream list", m.list_files(dreq(&d, pb::ListFilesRequest::default())));
    show!("dream read log", m.read_file(dreq(&d, pb::ReadFileRequest { path: "user/dream-log.md".into(), ..Default::default() })));
    show!("dream read shared", m.read_file(dreq(&d, pb::ReadFileRequest { path: "shared/c.md".into(), ..Default::default() })));
    let t = vec![pb::Treatment { kind: 5, before: Some(pb::LineRange { first: 1, last: 1 }), ..Default::default() }];
    let dw = |path: &str, content: &str, v: i64| pb::WriteFileRequest { path: path.into(), content: content.into(), precondition: Some(P::ExpectedVersion(v)), reason: "tidy".into(), treatments: t.clone(), ..Default::default() };
    show!("stage no treatments", m.write_file(dreq(&d, pb::WriteFileRequest { treatments: vec![], ..dw("user/a.md", "one\nnew\n", v) })));
    show!("stage no version", m.write_file(dreq(&d, pb::WriteFileRequest { precondition: None, ..dw("user/a.md", "one\nnew\n", v) })));
    show!("stage overwrite", m.write_file(dreq(&d, pb::WriteFileRequest { precondition: Some(P::Overwrite(true)), ..dw("user/a.md", "one\nnew\n", v) })));
    show!("stage shared", m.write_file(dreq(&d, dw("shared/c.md", "x", 0))));
    show!("stage log", m.write_file(dreq(&d, dw("user/log.md", "x", 0))));
    show!("stage bad ground", m.write_file(dreq(&d, pb::WriteFileRequest { treatments: vec![t[0].clone(), pb::Treatment { kind: 1, sources: vec![pb::TreatmentSource { path: "user/log.md".into(), version: 1, lines: Some(pb::LineRange { first: 1, last: 1 }) }], ..Default::default() }], ..dw("user/a.md", "x", v) })));
    show!("stage", m.write_file(dreq(&d, dw("user/a.md", "one\nnew\n", v))));
    show!("stage repeat", m.write_file(dreq(&d, dw("user/a.md", "one\nnew\n", v))));
    show!("stage stale", m.write_file(dreq(&d, dw("user/a.md", "one\nnew2\n", v))));
    show!("stage patch", m.patch_file(dreq(&d, pb::PatchFileRequest { path: "user/a.md".into(), edits: vec![edit("new", "newer")], expected_version: Some(v + 1), reason: "r".into(), treatments: t.clone(), ..Default::default() })));
    show!("stage same", m.write_file(dreq(&d, dw("user/a.md", "one\nnewer\n", v + 2))));
    show!("stage new file", m.write_file(dreq(&d, dw("user/n/b.md", "fresh\n", 0))));
    show!("stage new again", m.write_file(dreq(&d, dw("user/n/b.md", "fresh2\n", 0))));
    show!("stage over ops", m.write_file(dreq(&d, dw("user/n/b.md", "fresh2\n", 1))));
    show!("dream batch", m.batch_read_files(dreq(&d, pb::BatchReadFilesRequest { paths: ["user/a.md", "nope", "shared/c.md", "user/n/b.md", "user/log.md"].map(String::from).to_vec(), ..Default::default() })));
    show!("dream list", m.list_files(dreq(&d, pb::ListFilesRequest::default())));
    show!("wrong fence", m.list_files(dreq(&(d.0.clone(), 3), pb::ListFilesRequest::default())));
    let l = sqlx::query("SELECT ops, files, bytes, read_bytes FROM mx_dream").fetch_one(&pool).await.unwrap();
    println!("counters ops {} files {} bytes {} read {}", l.get::<i32,_>(0), l.get::<i32,_>(1), l.get::<i64,_>(2), l.get::<i64,_>(3));
    sqlx::raw_sql("UPDATE mx_dream SET max_read_bytes = read_bytes").execute(&pool).await.unwrap();
    show!("read budget", m.read_file(dreq(&d, pb::ReadFileRequest { path: "user/a.md".into(), ..Default::default() })));
    show!("write outside", m.write_file(req("agent", w("user/z.md", "z"))));
    show!("overtaken", m.read_file(dreq(&d, pb::ReadFileRequest { path: "user/a.md".into(), ..Default::default() })));
    show!("lost", m.write_file(dreq(&d, dw("user/a.md", "one\n", v + 2))));
    rows(&pool, "dream").await;
    println!("state {}", sqlx::query("SELECT state FROM mx_dream").fetch_one(&pool).await.unwrap().get::<String,_>(0));
    println!("head == newest: {}", sqlx::query("SELECT count(*) FROM mx_file f JOIN mx_revision v USING (scope_id, file_id, version) WHERE f.sha256 <> v.sha256 OR sha256(convert_to(v.text,'UTF8')) <> v.sha256").fetch_one(&pool).await.unwrap().get::<i64,_>(0));
    // big batch
    for i in 0..40 { m.write_file(req("agent", w(&format!("user/big/{i}.md"), &"x".repeat(102_400)))).await.unwrap(); }
    show!("big batch", m.batch_read_files(req("agent", pb::BatchReadFilesRequest { paths: (0..40).map(|i| format!("user/big/{i}.md")).collect(), ..Default::default() })));
    let some = m.batch_read_files(req("agent", pb::BatchReadFilesRequest { paths: (0..35).map(|i| format!("user/big/{i}.md")).collect(), ..Default::default() })).await.map(|r| r.into_inner().results.len()).map_err(why); println!("35: {some:?}");
}
