//! Input that is well formed for the wire and impossible for the database.

use memex_proto::v1::{
    CreateTokenRequest, DreamState, ErrorReason, FinishDreamRequest, FinishOutcome, LineRange, ListAccessLogRequest,
    ListDreamsRequest, ListFilesRequest, Role, StartDreamRequest, Treatment, TreatmentKind,
};
use memex_stack::stack::Stack;
use memex_stack::stack::sqlx::types::chrono::{DateTime, Utc};
use prost_types::Timestamp;
use tests::hand::{claim_one, start_dream_of, tidied, worker};
use tests::refused::refused;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 for URLs, without padding.
fn base64(bytes: &[u8]) -> String {
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
            (0..=chunk.len()).map(move |at| char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]))
        })
        .collect()
}

fn bytes_of(base64: &str) -> Vec<u8> {
    let digit = |byte| ALPHABET.iter().position(|known| *known == byte).unwrap() as u32;
    let of = |four: &[u8]| {
        let bits = four.iter().fold(0, |bits, byte| bits << 6 | digit(*byte)) << (6 * (4 - four.len()));
        bits.to_be_bytes()[1..four.len()].to_vec()
    };
    base64.as_bytes().chunks(4).flat_map(of).collect()
}

#[tokio::test]
async fn a_page_token_that_was_tampered_with_is_refused() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for path in ["user/a.md", "user/b.md"] {
        ada.write(path, "x").await;
    }
    let list = |page_token| ListFilesRequest { page_size: 1, page_token, ..ListFilesRequest::default() };
    let mut memory = ada.agent().memory.clone();
    let token = memory.list_files(list(String::new())).await.unwrap().into_inner().next_page_token;
    let longer = base64(&[bytes_of(&token).as_slice(), b"\0"].concat());
    assert_eq!(refused(memory.list_files(list(longer)).await), ErrorReason::CursorExpired);

    let far = [i64::from(i32::MIN) * 3_000_000_000, i64::MIN, i64::MAX];
    for micros in far {
        let token = base64(&[micros.to_be_bytes(), [0; 8]].concat());
        let log = ListAccessLogRequest { page_token: token, ..ListAccessLogRequest::default() };
        assert_eq!(refused(stack.operator().admin.list_access_log(log).await), ErrorReason::CursorExpired, "{micros}");
    }
    start_dream_of(&stack, "ada").await;
    stack.user("bob").await.write("user/a.md", "x").await;
    start_dream_of(&stack, "bob").await;
    let list = |page_token| ListDreamsRequest { page_size: 1, page_token, ..ListDreamsRequest::default() };
    let mut dreams = stack.operator().dream_admin;
    let token = bytes_of(&dreams.list_dreams(list(String::new())).await.unwrap().into_inner().next_page_token);
    for micros in far {
        let forged = base64(&[&token[..16], &micros.to_be_bytes(), &token[24..]].concat());
        assert_eq!(refused(dreams.list_dreams(list(forged)).await), ErrorReason::CursorExpired, "{micros}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_time_beyond_what_the_database_keeps_is_refused() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "x").await;
    let mut admin = stack.operator().admin;
    for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let at = Some(Timestamp { seconds: at.timestamp(), nanos: 0 });
        let log = ListAccessLogRequest { from_time: at, ..ListAccessLogRequest::default() };
        assert_eq!(refused(admin.list_access_log(log).await), ErrorReason::FieldInvalid);
        let token = CreateTokenRequest { role: Role::Auditor.into(), expires_at: at, ..CreateTokenRequest::default() };
        assert_eq!(refused(admin.create_token(token).await), ErrorReason::FieldInvalid);
    }
    for as_of in ["-200000-01-01", "+200000-01-01", "0000-01-01"] {
        let request = StartDreamRequest { user_id: "ada".into(), as_of: as_of.into(), ..StartDreamRequest::default() };
        assert_eq!(
            refused(stack.operator().dream_admin.start_dream(request).await),
            ErrorReason::FieldInvalid,
            "{as_of}"
        );
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_filter_that_no_row_can_have_is_refused() {
    let stack = Stack::start().await;
    let log = ListAccessLogRequest { actor: "a\0b".into(), ..ListAccessLogRequest::default() };
    assert_eq!(refused(stack.operator().admin.list_access_log(log).await), ErrorReason::FieldInvalid);
    stack.finish().await;
}

#[tokio::test]
async fn absurd_line_ranges_are_judged_and_do_not_stop_the_judge() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- One.\n- Two.\n").await;
    start_dream_of(&stack, "ada").await;
    let held = claim_one(&worker(&stack, 1).await[0]).await;
    let all = Some(LineRange { first: 1, last: i32::MAX });
    let drop = Treatment { kind: TreatmentKind::DropDuplicate.into(), before: all, ..Treatment::default() };
    let treatments = vec![drop.clone(), drop.clone(), drop, tidied()];
    held.stage_as("user/a.md", "- One.\n", 1, treatments).await.unwrap();
    assert_eq!(held.ends().await, DreamState::Proposed);
    stack.finish().await;
}

#[tokio::test]
async fn a_worker_that_boasts_of_its_tokens_cannot_wedge_a_dream() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- One.\n").await;
    start_dream_of(&stack, "ada").await;
    let worker = worker(&stack, 1).await.remove(0);
    let held = claim_one(&worker).await;
    let finish = FinishDreamRequest {
        dream_id: held.assignment.dream_id.clone(),
        fence: held.assignment.fence,
        outcome: FinishOutcome::Failed.into(),
        model_tokens: i64::MAX,
        ..FinishDreamRequest::default()
    };
    assert_eq!(refused(worker.dream.clone().finish_dream(finish).await), ErrorReason::FieldInvalid);
    assert_eq!(held.ends().await, DreamState::Noop);
    stack.finish().await;
}
