//! What a person leaves behind who has had enough.

use crate::scene::Scene;

#[tokio::test]
async fn an_export_that_is_broken_off_leaves_no_file() {
    let scene = Scene::new().await;
    {
        let mut lines = scene.script.lines();
        lines.admin.archive = vec![Ok(b"{}\n".to_vec())];
        lines.admin.archive_stays_open = true;
    }
    let begun = || !scene.names().is_empty();
    let (code, told) = scene.interrupted(&["export", "--archive", "ada.jsonl"], begun).await;
    assert_eq!((code, told.as_str()), (Some(130), "error: interrupted; nothing was written\n"));
    assert_eq!(scene.names(), Vec::<String>::new());
}

#[tokio::test]
async fn an_erasure_that_is_waited_for_no_longer_goes_on_and_that_is_told() {
    let scene = Scene::new().await;
    scene.script.lines().admin.erasure_runs = usize::MAX;
    let waited = || scene.script.lines().admin.erasure_runs < usize::MAX;
    let (code, told) = scene.interrupted(&["erase", "bob", "--yes"], waited).await;
    assert_eq!(code, Some(130), "{told}");
    assert_eq!(told, "error: interrupted; the erasure goes on: memex erase bob --status\n");
}
