//! `export --archive`: a user's whole memory with its history, one file of JSON lines.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::ProgressBar;
use memex_proto::v1::ExportUserRequest;
use memex_runtime::lifecycle::Shutdown;
use serde_json::json;
use tonic::Request;

use super::whole::WholeFile;
use crate::commands::Context;
use crate::failure::Failure;
use crate::output::{self, progress, safe_line};

/// How long the archive may take to begin; what has begun is not cut off.
const BEGIN_WITHIN: Duration = Duration::from_secs(600);

/// `memex export --archive`.
pub async fn run(context: &Context, user_id: String, file: &Path, force: bool) -> Result<(), Failure> {
    let bar = progress::bytes(None, "exporting", context.json);
    if file == Path::new("-") {
        return to_output(context, user_id, &bar).await;
    }
    // Heard before anything is begun, so that nothing of it is left.
    let stop = Shutdown::on_signals()?;
    let mut whole = WholeFile::begin(file, force)?;
    let bytes = tokio::select! {
        () = stop.triggered() => return Err(Failure::Left("nothing was written".to_owned())),
        received = receive(context, user_id, &mut whole, &bar) => received.map_err(|failure| match failure {
            Failure::Output(error) => Failure::local(file, error),
            failure => failure,
        })?,
    };
    whole.finish()?;
    bar.finish_and_clear();
    if context.json {
        return Ok(output::json(&json!({"archive": file.display().to_string(), "size_bytes": bytes}))?);
    }
    Ok(writeln!(output::out(), "{bytes} bytes written to {}", safe_line(&file.display().to_string()))?)
}

/// To standard output, which nothing else may then be printed on.
async fn to_output(context: &Context, user_id: String, bar: &ProgressBar) -> Result<(), Failure> {
    if context.json {
        let both = "--archive - and --json both take standard output; name a file, or leave --json out";
        return Err(Failure::Usage(both.to_owned()));
    }
    let mut out = io::stdout();
    if out.is_terminal() {
        return Err(Failure::Usage("an archive is not for a terminal; name a file, or pipe it".to_owned()));
    }
    // Whoever stops reading a listing has read enough; half an archive is none.
    let bytes = receive(context, user_id, &mut out, bar).await.map_err(|failure| match failure {
        Failure::Output(error) => Failure::local("standard output", format_args!("the archive is cut off: {error}")),
        failure => failure,
    })?;
    bar.finish_and_clear();
    Ok(output::nothing(format_args!("{bytes} bytes written"))?)
}

/// Writes the parts as they come, and counts their bytes.
async fn receive(context: &Context, user_id: String, out: &mut impl Write, bar: &ProgressBar) -> Result<u64, Failure> {
    let request = ExportUserRequest { user_id };
    let begun = context.call(|| async {
        let mut asked = Request::new(request.clone());
        asked.set_timeout(BEGIN_WITHIN);
        context.admin().export_user(asked).await
    });
    let (mut parts, mut bytes) = (begun.await?, 0);
    while let Some(next) = parts.message().await.map_err(|status| context.failure(&status))? {
        out.write_all(&next.part)?;
        bytes += next.part.len() as u64;
        bar.set_position(bytes);
    }
    out.flush()?;
    Ok(bytes)
}
