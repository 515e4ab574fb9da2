//! What is another's: every RPC, called by descriptor, refuses it in the same bytes whether it exists or not.

use std::collections::BTreeSet;

use memex_core::ids::{DreamId, RevisionId, TokenId};
use memex_proto::v1::{ErrorReason, ListTokensRequest, Role, StartDreamRequest};
use memex_runtime::client::Token;
use memex_stack::stack::{Stack, StackOptions};
use tests::ask;
use tests::raw::AnyCaller;
use tests::refused::{bytes, reason};
use tests::rpcs::{Package, Rpc};
use uuid::Uuid;

/// One question: a field, and values of it that must all be answered in the same bytes.
struct Foreign {
    field: &'static str,
    values: Vec<String>,
}

/// Ids in requests that are nobody's, and why. Every other one must be asked for as another's.
const NOBODYS: [(&str, &str); 1] =
    [("request_id", "made by the caller, and looked up under the caller's own token alone: hostile::once")];

/// What a call says beside the foreign field, so that nothing else about it is refused.
fn text(rpc: &Rpc, field: &str) -> Option<String> {
    let text = match field {
        "path" | "paths" => "user/a.md",
        "new_path" => "user/b.md",
        "prefix" if !rpc.name.ends_with("ListUsers") => "user/",
        "query" => "tea",
        "content" | "lines" | "reason" => "x",
        _ => return None,
    };
    // Listings of the log and of revisions are asked for as a whole.
    Some(text.to_owned()).filter(|_| !(field == "path" && rpc.name.contains("/List")))
}

fn number(field: &str) -> Option<u64> {
    matches!(
        field,
        "expected_version" | "from_version" | "to_version" | "fence" | "role" | "outcome" | "from_beginning"
    )
    .then_some(1)
}

#[tokio::test]
async fn another_users_and_workspaces_things_are_refused_alike_whether_they_exist_or_not() {
    let options = StackOptions { workspaces: vec!["main".into(), "other".into()], ..StackOptions::default() };
    let stack = Stack::with(options).await;
    for user in ["ada", "bob"] {
        stack.user(user).await.write("user/a.md", "- tea\n- tea\n").await;
    }
    let other = stack.workspace_named("other").clone();
    other.user("bob").await.write("user/a.md", "- coffee\n").await;
    let users = Foreign { field: "user_id", values: vec!["bob".into(), "nobody".into(), "b%".into()] };
    let ids = ids_of_bob(&stack).await;
    let fields: Vec<&Foreign> = ids.iter().chain([&users]).collect();
    // The operator of another workspace may name any user of their own: only ids are foreign to them.
    let own_users =
        [stack.workspace().token(Role::Agent, "ada").await, stack.workspace().token(Role::Backend, "ada").await];
    // Each with the user that is theirs to name beside the foreign thing.
    let mut callers: Vec<(&str, AnyCaller, &[&Foreign], Option<&str>)> = Vec::new();
    for (name, value) in ["agent of ada", "backend of ada"].into_iter().zip(&own_users) {
        callers.push((name, any(&stack, value), &fields, None));
    }
    let id_fields = &fields[..ids.len()];
    let operator = other.operator_token().to_owned();
    callers.push(("operator of another workspace", any(&stack, &operator), id_fields, Some("bob")));
    let auditor = other.token(Role::Auditor, "").await;
    callers.push(("auditor of another workspace", any(&stack, &auditor), id_fields, Some("bob")));

    let before = rows(&stack).await;
    let package = Package::read();
    let mut broken = Vec::new();
    let mut asked = BTreeSet::new();
    for rpc in &package.rpcs {
        let texts = package.texts(&rpc.request);
        for (name, caller, fields, own) in &mut callers {
            for foreign in fields.iter().filter(|foreign| texts.iter().any(|text| text == foreign.field)) {
                asked.insert(foreign.field);
                let why = refused_alike(&package, rpc, foreign, caller, *own).await;
                broken.extend(why.map(|why| format!("{}, {name}, {why}", rpc.name)));
            }
        }
    }
    assert_eq!(rows(&stack).await, before, "a refused call touched rows");
    assert!(broken.is_empty(), "{} answers tell more than they may:\n  {}", broken.len(), broken.join("\n  "));
    let ids: BTreeSet<String> = package.rpcs.iter().flat_map(|rpc| package.ids(&rpc.request)).collect();
    asked.extend(NOBODYS.map(|(field, _)| field));
    assert_eq!(
        asked,
        ids.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        "an id of a request is asked for as another's, or is nobody's"
    );
    stack.finish().await;
}

/// Ids of what belongs to Bob of the first workspace, and ids like them that never were.
async fn ids_of_bob(stack: &Stack) -> [Foreign; 4] {
    let start = StartDreamRequest { user_id: "bob".into(), ..Default::default() };
    let dream = stack.operator().dream_admin.start_dream(start).await.unwrap().into_inner().dream.unwrap().dream_id;
    stack.workspace().token(Role::Agent, "bob").await;
    let of_bob = ListTokensRequest { user_id: "bob".into(), ..Default::default() };
    let token = stack.operator().admin.list_tokens(of_bob).await.unwrap().into_inner().tokens.remove(0).token_id;
    let scope = dream.parse::<DreamId>().unwrap().scope;
    let made_up = Uuid::from_u128(7);
    let revision = |scope, sequence| RevisionId { scope, sequence }.to_string();
    let drm = |scope| DreamId { scope, id: made_up }.to_string();
    [
        Foreign { field: "dream_id", values: vec![dream.clone(), drm(scope), drm(9_999_999)] },
        Foreign { field: "proposal_id", values: vec![dream, drm(scope), drm(9_999_999)] },
        Foreign {
            field: "revision_id",
            values: vec![revision(scope, 1), revision(scope, 999), revision(9_999_999, 1), revision(-9_999_999, -1)],
        },
        Foreign { field: "token_id", values: vec![token, TokenId(made_up).to_string()] },
    ]
}

/// Why an RPC tells one of the values from another, or does not refuse it.
async fn refused_alike(
    package: &Package,
    rpc: &Rpc,
    foreign: &Foreign,
    caller: &mut AnyCaller,
    own: Option<&str>,
) -> Option<String> {
    let mut first = None;
    for value in &foreign.values {
        let fill = |field: &str| match field {
            field if field == foreign.field => Some(value.clone()),
            // A token of an agent is always of a user.
            "user_id" if rpc.name.ends_with("CreateToken") => Some(own.unwrap_or("ada").to_owned()),
            "user_id" => own.map(str::to_owned),
            field => text(rpc, field),
        };
        let Err(status) = caller.call(&rpc.path, package.fill(&rpc.request, &fill, &number)).await else {
            return Some(format!("{}: done, not refused", foreign.field));
        };
        if !matches!(reason(&status), ErrorReason::WrongUser | ErrorReason::RoleRequired) {
            return Some(format!("{}: {:?}, {}", foreign.field, reason(&status), status.message()));
        }
        let answer = bytes(&status);
        if *first.get_or_insert_with(|| answer.clone()) != answer {
            return Some(format!("{}: two answers, {first:?} and {answer:?}", foreign.field));
        }
    }
    None
}

async fn rows(stack: &Stack) -> Vec<String> {
    let statement = "SELECT 'revisions ' || count(*) FROM mx_revision UNION ALL SELECT 'files ' || count(*) FROM mx_file
                     UNION ALL SELECT 'tokens ' || count(*) || ' ' || count(revoked_at) FROM mx_token UNION ALL SELECT 'dreams ' || count(*) FROM mx_dream
                     UNION ALL SELECT 'scopes ' || count(*) FROM mx_scope UNION ALL SELECT 'requests ' || count(*) FROM mx_request";
    let mut rows = ask::lines(stack.sql(), statement, &[]).await;
    rows.extend(ask::everything(stack).await);
    rows
}

fn any(stack: &Stack, token: &str) -> AnyCaller {
    AnyCaller::at(&stack.endpoint(), Some(Token::new("token", token).unwrap()))
}
