//! A move: what each of its guards keeps.

use memex_proto::v1::{ErrorReason, MoveFileRequest, MoveFileResponse};
use memex_stack::stack::{Stack, User, broken_rules};
use tests::refused::reason;
use tonic::Status;
use uuid::Uuid;

use super::lock::{beside_another, files};

/// The guards of `mx_move_1`.
#[derive(Clone, Copy, Debug)]
enum Guarded {
    Lock,
    Request,
    Version,
    Taken,
}

const ALL: [Guarded; 4] = [Guarded::Lock, Guarded::Request, Guarded::Version, Guarded::Taken];

fn shift(path: &str, new_path: &str) -> MoveFileRequest {
    let request_id = Uuid::new_v4().to_string();
    MoveFileRequest { path: path.into(), new_path: new_path.into(), request_id, ..MoveFileRequest::default() }
}

async fn moved(user: &User, request: MoveFileRequest) -> Result<MoveFileResponse, Status> {
    user.agent().memory.clone().move_file(request).await.map(tonic::Response::into_inner)
}

impl Guarded {
    /// The mark in the function.
    fn mark(self) -> &'static str {
        match self {
            Guarded::Lock => "move_lock",
            Guarded::Request => "move_request",
            Guarded::Version => "move_version",
            Guarded::Taken => "move_taken",
        }
    }

    /// What went wrong where this guard is needed.
    async fn lost(self, stack: &Stack) -> Vec<String> {
        let ada = files(stack).await;
        let mut lost = match self {
            Guarded::Lock => {
                let move_it = {
                    let ada = ada.clone();
                    async move { moved(&ada, shift("user/c.md", "user/d.md")).await.map(drop) }
                };
                beside_another(stack, move_it).await.err().map(|status| format!("{status}"))
            }
            Guarded::Request => late_repeat(&ada).await,
            Guarded::Version => {
                ada.write("user/a.md", "two").await;
                let stale = MoveFileRequest { expected_version: Some(1), ..shift("user/a.md", "user/d.md") };
                unless_refused(moved(&ada, stale).await, ErrorReason::VersionConflict)
            }
            Guarded::Taken => {
                let onto = moved(&ada, shift("user/a.md", "user/c.md")).await;
                unless_refused(onto, ErrorReason::FileExists)
            }
        }
        .into_iter()
        .collect::<Vec<_>>();
        lost.extend(broken_rules(stack.sql()).await.unwrap());
        lost
    }
}

fn unless_refused(answer: Result<MoveFileResponse, Status>, expected: ErrorReason) -> Option<String> {
    match answer {
        Err(status) => (reason(&status) != expected).then(|| status.to_string()),
        Ok(moved) => Some(format!("nothing kept it from {moved:?}")),
    }
}

/// Another file stands at the old path by the time of the repeat.
async fn late_repeat(ada: &User) -> Option<String> {
    let asked = shift("user/a.md", "user/d.md");
    let first = moved(ada, asked.clone()).await.unwrap();
    moved(ada, shift("user/d.md", "user/e.md")).await.unwrap();
    ada.write("user/a.md", "another").await;
    let again = moved(ada, asked).await;
    let stands = ada.read("user/a.md").await.as_deref() == Some("another");
    (!stands || again.as_ref().ok() != Some(&first)).then(|| format!("a late repeat is told {again:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_waits_for_its_turn_is_made_once_and_meets_what_it_expects_and_a_free_path() {
    for guarded in ALL {
        let stack = Stack::start().await;
        assert_eq!(guarded.lost(&stack).await, Vec::<String>::new(), "{guarded:?}");
        stack.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_one_of_its_guards_a_move_loses() {
    for guarded in ALL {
        let stack = Stack::start().await;
        stack.install_twin("mx_move_1", guarded.mark()).await;
        let lost = guarded.lost(&stack).await;
        assert!(!lost.is_empty(), "nothing is lost without {guarded:?}");
        stack.abandon().await;
    }
}
