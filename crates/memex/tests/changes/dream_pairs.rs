//! `dream show --pairs` and `--probable`.

use memex_proto::v1::{DroppedLine, GetChangesetResponse, LineRange, ProbableLine, QuotedLines};
use serde_json::json;

use crate::scene::Scene;

fn quoted(path: &str, line: i32, text: &str) -> Option<QuotedLines> {
    let lines = Some(LineRange { first: line, last: line });
    Some(QuotedLines { path: path.to_owned(), version: 2, lines, text: text.to_owned(), ..QuotedLines::default() })
}

async fn scene() -> Scene {
    let scene = Scene::new().await;
    let dropped = DroppedLine {
        op: 1,
        dropped: quoted("user/s.md", 3, "- FYI, likes tea"),
        kept: quoted("user/a.md", 1, "- Likes tea."),
        ..DroppedLine::default()
    };
    let probable =
        ProbableLine { dropped: quoted("user/s.md", 4, ""), kept: quoted("user/b.md", 9, ""), stands: false };
    scene.script.lines().changeset = GetChangesetResponse {
        dropped_lines: vec![dropped],
        probable_lines: vec![probable],
        ..GetChangesetResponse::default()
    };
    scene
}

const BELOW: &str = "\
1 line dropped, each for one that stays

goes   user/s.md:3 at version 2
       - FYI, likes tea
stays  user/a.md:1 at version 2
       - Likes tea.

";

#[tokio::test]
async fn each_dropped_line_is_shown_with_the_line_that_stays_for_it() {
    let scene = scene().await;
    assert_eq!(scene.run(&["dream", "show", "drm_1", "--pairs"]).await.out, BELOW);
    assert!(scene.run(&["dream", "show", "drm_1"]).await.out.contains(BELOW));
    let mut wide = scene.command(&["dream", "show", "drm_1", "--pairs"]);
    wide.env("COLUMNS", "100");
    let wide = tokio::task::spawn_blocking(move || wide.output().unwrap()).await.unwrap();
    let expected = format!(
        "1 line dropped, each for one that stays\n\n{:<51}stays  user/a.md:1 at version 2\n{:<51}- Likes tea.\n\n",
        "goes  user/s.md:3 at version 2", "- FYI, likes tea"
    );
    assert_eq!(String::from_utf8(wide.stdout).unwrap(), expected);
    let told = scene.json(&["dream", "show", "drm_1", "--pairs"]).await;
    let line = json!({
        "path": "user/a.md", "version": 2, "lines": [1, 1], "text": "- Likes tea.", "cut": false, "first_said": "", "last_said": "",
    });
    assert_eq!((told["dropped_lines"][0]["kept"].clone(), told.as_object().unwrap().len()), (line, 1), "{told}");
    let all = scene.json(&["dream", "show", "drm_1"]).await;
    assert_eq!(all["dropped_lines"], told["dropped_lines"]);
}

#[tokio::test]
async fn probable_pairs_are_shown_by_themselves() {
    let scene = scene().await;
    let ran = scene.run(&["dream", "show", "drm_1", "--probable"]).await;
    let below = "one    user/s.md:4 at version 2\n       (changed since)\nother  user/b.md:9 at version 2\n       (changed since)\n\n";
    assert!(ran.out.ends_with(below), "{ran:?}");
    let told = scene.json(&["dream", "show", "drm_1", "--probable"]).await;
    assert_eq!(told["probable_lines"][0]["stands"], false, "{told}");
    scene.script.lines().changeset = GetChangesetResponse::default();
    for (flag, nothing) in
        [("--pairs", "this dream drops no line\n"), ("--probable", "this dream left no probable pairs\n")]
    {
        let ran = scene.run(&["dream", "show", "drm_1", flag]).await;
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", nothing));
    }
}
