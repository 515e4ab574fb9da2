//! What is logged and traced: the lines that people rely on, and never content.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use memex_proto::v1::ErrorReason;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;

use super::setup::{SAID_TWICE, driver, one_due, refused};

/// Everything that this thread logs while the value lives, spans with their fields included.
pub struct Log {
    lines: Lines,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn capture() -> Self {
        let lines = Lines::default();
        let filter = tracing_subscriber::EnvFilter::new("off,dream_worker=trace,memex_runtime=trace");
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
            .with_writer(lines.clone());
        let subscriber = tracing_subscriber::registry().with(filter).with(layer);
        Self { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }

    pub fn lines_with(&self, part: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(part)).map(str::to_owned).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_dream_leaves_one_line_with_its_id_and_counts() {
    let log = Log::capture();
    let api = one_due(&SAID_TWICE);
    driver(&api, 3).poll_once().await.unwrap();
    let ends = log.lines_with("INFO");
    let ends: Vec<_> = ends.iter().filter(|line| !line.contains("close") && !line.contains(" new")).collect();
    assert_eq!(ends.len(), 1, "{}", log.text());
    for part in ["dream drm_1 ended: applied", "dream.id=\"drm_1\"", "files_read=2", "ops_staged=1", "left=0"] {
        assert!(ends[0].contains(part), "{part} is missing in {}", ends[0]);
    }
}

#[tokio::test(start_paused = true)]
async fn no_text_path_or_user_reaches_a_log_line_or_a_span() {
    let log = Log::capture();
    for refusal in [None, Some(ErrorReason::GroundInvalid), Some(ErrorReason::InvalidPath)] {
        let api = one_due(&[
            ("user/canary-path/profile.md", "- Ann likes canary-text tea.\n- Ann has a canary-cat.\n"),
            ("user/canary-path/notes.md", "- Ann likes canary-text tea.\n- Ann has a canary-dog.\n"),
        ]);
        api.script(|script| {
            script.due[0].user_id = "canary-user".to_owned();
            script.due[0].instructions = "canary-instructions".to_owned();
            script.due[0].begin_with = vec!["user/canary-path/notes.md".to_owned()];
        });
        if let Some(reason) = refusal {
            api.refuse("Stage", refused(reason));
        }
        driver(&api, 3).poll_once().await.unwrap();
        assert_eq!(api.count("Stage"), 1, "{:?}", api.log());
        let summary = api.script(|script| script.finished[0].summary.clone());
        assert!(!summary.contains("canary"), "{summary}");
    }
    let text = log.text();
    assert!(text.contains("dream.run") && text.contains("rpc.client"), "{text}");
    assert!(!text.contains("canary"), "{text}");
}
