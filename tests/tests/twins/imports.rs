//! An archive whose files are not what their newest revisions say never becomes memory.

use memex_proto::v1::ErrorReason;
use memex_stack::stack::{Stack, broken_rules};
use tests::archive::{export, import, into, lines, places, sealed};
use tests::messy;
use tests::refused::reason;
use tonic::Status;

/// Brings in an archive with another hash in the line of a file.
async fn import_a_lie(stack: &Stack) -> Result<(), Status> {
    messy::write(&stack.user("ada").await).await;
    let mut lines = lines(&export(&stack.operator(), "ada").await);
    let file = places(&lines, "file")[0];
    lines[file]["sha256"] = "0".repeat(64).into();
    import(&stack.operator(), into("bob"), &sealed(&lines)).await.map(drop)
}

#[tokio::test]
async fn a_file_that_is_not_what_its_newest_revision_says_is_not_imported() {
    let stack = Stack::start().await;
    let refused = import_a_lie(&stack).await.unwrap_err();
    assert_eq!(reason(&refused), ErrorReason::FieldInvalid);
    assert!(stack.user("bob").await.paths().await.is_empty());
    stack.finish().await;
}

#[tokio::test]
async fn without_the_guard_it_becomes_memory() {
    let stack = Stack::start().await;
    stack.install_twin("mx_import_1", "import_heads").await;
    import_a_lie(&stack).await.unwrap();
    let broken = broken_rules(stack.sql()).await.unwrap();
    assert!(broken.iter().any(|rule| rule.contains("is not what its newest revision says")), "{broken:?}");
    stack.abandon().await;
}
