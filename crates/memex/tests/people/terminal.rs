//! What a person is asked at a terminal, and what comes of what they type.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Command;

use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::scene::Scene;

/// Runs the command at a terminal where `typed` is typed; gives its exit code and what the terminal shows.
pub async fn at_a_terminal(scene: &Scene, args: &[&str], typed: &str) -> (Option<i32>, String) {
    at_one(scene.command(args), typed).await
}

/// The same at a terminal with a screen: in colours, and through a pager that marks each line.
pub async fn at_a_screen(scene: &Scene, args: &[&str], typed: &str) -> (Option<i32>, String) {
    let mut command = scene.command(args);
    command.env("TERM", "xterm").env("PAGER", "sed s/^/paged:/");
    at_one(command, typed).await
}

async fn at_one(mut command: Command, typed: &str) -> (Option<i32>, String) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&ours).and_then(|()| unlockpt(&ours)).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap();
    command.stdin(theirs.try_clone().unwrap()).stdout(theirs.try_clone().unwrap()).stderr(theirs);
    let mut terminal = File::from(ours);
    terminal.write_all(typed.as_bytes()).unwrap();
    // On a thread of its own: the script is served by this runtime meanwhile.
    let run = move || {
        let mut child = command.spawn().unwrap();
        drop(command);
        let mut shown = Vec::new();
        // What ends it is an error: nobody has the terminal any more.
        let _ = terminal.read_to_end(&mut shown);
        (child.wait().unwrap().code(), String::from_utf8(shown).unwrap())
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test]
async fn who_has_memory_is_erased_when_their_id_is_typed_and_not_before() {
    let scene = Scene::new().await;
    scene.script.lines().admin.users.push(Default::default());
    let (code, shown) = at_a_terminal(&scene, &["erase", "bob"], "yes\n").await;
    assert!(code == Some(1) && shown.contains("not confirmed: nothing was erased"), "{shown}");
    assert!(scene.script.lines().admin.erasures.is_empty());
    let (code, shown) = at_a_terminal(&scene, &["erase", "bob"], "bob\n").await;
    assert!(code == Some(0) && shown.contains("bob has 0 files and 0 revisions. All of it will be gone"), "{shown}");
    assert_eq!(scene.script.lines().admin.erasures.len(), 1);
}

#[tokio::test]
async fn whom_only_a_token_names_can_be_erased_as_well() {
    let scene = Scene::new().await;
    let unknown = || Refusal::new(ErrorReason::UserNotFound, "there is no such user").into_status();
    scene.script.lines().admin.user_fails = Some(unknown());
    let (code, shown) = at_a_terminal(&scene, &["erase", "bob"], "bob\n").await;
    assert!(shown.contains("bob has no memory; their tokens will be revoked"), "{shown}");
    assert_eq!((code, scene.script.lines().admin.erasures.len()), (Some(0), 1), "{shown}");
    // Where no token names them either, it is the erasure that says so.
    scene.script.lines().admin.erase_answers.push_back(unknown());
    let (code, shown) = at_a_terminal(&scene, &["erase", "bob"], "bob\n").await;
    assert!(code == Some(1) && shown.contains("refused: there is no such user"), "{shown}");
}
