//! `import --archive`: brings in a user's whole memory with its history, all or nothing.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};
use indicatif::ProgressBar;
use memex_proto::v1::import_user_request::Message;
use memex_proto::v1::{ErrorReason, ImportHeader, ImportUserRequest, ImportUserResponse};
use memex_runtime::lifecycle::Shutdown;
use serde_json::json;
use tokio::sync::mpsc;
use tonic::Request;

use super::parts::{Parts, open};
use crate::context::{Context, or_left, request_id};
use crate::failure::Failure;
use crate::output::{self, counted, progress};
use crate::shell::quoted;

/// How long an answer is waited for: a little longer than the 900 s that the service gives an import, so that it is the
/// service that says what came of one that takes too long.
const WITHIN: Duration = Duration::from_secs(930);

const NOT_EMPTY: &str = "an archive is brought in only where no memory is: name another user, or look at this one first: \
                         memex users show USER";

/// `memex import --archive`.
pub async fn run(context: &Context, user_id: String, file: &Path, qualifies: bool) -> Result<(), Failure> {
    let unheard = unheard(&user_id);
    let sent = send(context, user_id, file, qualifies);
    let imported = or_left(&Shutdown::on_signals()?, || unheard.clone(), sent).await;
    let imported = imported.map_err(|failure| match failure {
        Failure::TimedOut(late) => Failure::TimedOut(format!("{late}; {unheard}")),
        failure => failure.advised(ErrorReason::WrongState, NOT_EMPTY),
    })?;
    if context.json {
        let (files, revisions, dreams) = (imported.files, imported.revisions, imported.dreams);
        let rows = imported.access_log_rows;
        return Ok(output::json(
            &json!({"files": files, "revisions": revisions, "dreams": dreams, "access_log_rows": rows}),
        )?);
    }
    let counts = [(imported.files, "file"), (imported.revisions, "revision"), (imported.dreams, "dream")];
    let counts = counts.map(|(count, noun)| counted(count, noun)).join(", ");
    let rows = counted(imported.access_log_rows, "row");
    Ok(writeln!(output::out(), "{counts} and {rows} of the access log imported")?)
}

/// What is known of an import whose answer was not heard.
fn unheard(user_id: &str) -> String {
    let user = if user_id.is_empty() { "" } else { &format!(" {}", quoted(user_id)) };
    format!("an archive comes in whole or not at all; see which it is: memex users show{user}")
}

/// Sends it, a file again from its beginning where nothing answered; standard input can be read only once.
async fn send(context: &Context, user_id: String, file: &Path, qualifies: bool) -> Result<ImportUserResponse, Failure> {
    let header = ImportHeader { user_id, qualifies, request_id: request_id() };
    let is_input = file == Path::new("-");
    let file = if is_input { None } else { Some(file) };
    let name = file.unwrap_or(Path::new("standard input"));
    let size = file.and_then(|file| std::fs::metadata(file).ok()).filter(|size| size.is_file()).map(|size| size.len());
    let bar = progress::bytes(size, "importing", context.json);
    let (failed, mut problem) = mpsc::channel(1);
    let attempt = || async {
        bar.set_position(0);
        let messages = messages(header.clone(), open(file), bar.clone(), failed.clone());
        let mut asked = Request::new(messages);
        asked.set_timeout(WITHIN);
        context.admin().import_user(asked).await
    };
    let call = match is_input {
        true => attempt().map(|answer| context.answer(answer)).left_future(),
        false => context.call(attempt).right_future(),
    };
    // What cannot be read to its end must not look like an archive that ends there: the call is dropped, and cancelled.
    let answer = tokio::select! {
        answer = call => answer,
        Some(error) = problem.recv() => Err(Failure::local(name, error)),
    };
    bar.finish_and_clear();
    answer
}

/// The header, then the parts. A part that cannot be read is told to `failed`, and nothing comes after it.
fn messages(
    header: ImportHeader,
    parts: Parts,
    bar: ProgressBar,
    failed: mpsc::Sender<std::io::Error>,
) -> BoxStream<'static, ImportUserRequest> {
    let message = |message| ImportUserRequest { message: Some(message) };
    let parts = stream::unfold((parts, bar, failed), move |(mut parts, bar, failed)| async move {
        match parts.next().await {
            Ok(None) => None,
            Ok(Some(part)) => {
                bar.inc(part.len() as u64);
                Some((message(Message::Part(part)), (parts, bar, failed)))
            }
            Err(error) => {
                // Full: an earlier attempt's problem is there already.
                let _ = failed.try_send(error);
                std::future::pending().await
            }
        }
    });
    stream::iter([message(Message::Header(header))]).chain(parts).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::import::parts::{PART_BYTES, broken_after};

    #[tokio::test]
    async fn what_cannot_be_read_to_its_end_never_looks_like_an_archive_that_ends_there() {
        let (failed, mut problem) = mpsc::channel(1);
        let parts = broken_after(PART_BYTES + 1);
        let mut sent = messages(ImportHeader::default(), parts, ProgressBar::hidden(), failed);
        assert!(matches!(sent.next().await.unwrap().message, Some(Message::Header(_))));
        assert!(matches!(sent.next().await.unwrap().message, Some(Message::Part(_))));
        tokio::select! {
            biased;
            more = sent.next() => panic!("{more:?}"),
            error = problem.recv() => assert_eq!(error.unwrap().to_string(), "broken"),
        }
    }
}
