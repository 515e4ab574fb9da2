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
use crate::context::{Context, or_left};
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
    let received = receive(context, user_id, (file, &mut whole), &bar);
    let bytes = or_left(&stop, || "nothing was written".to_owned(), received).await;
    let bytes = bytes.map_err(|failure| match failure {
        Failure::Output(error) => Failure::local(file, error),
        failure => failure,
    })?;
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
    let place = Path::new("standard output");
    let bytes = receive(context, user_id, (place, &mut out), bar).await.map_err(|failure| match failure {
        Failure::Output(error) => Failure::local(place, format_args!("the archive is cut off: {error}")),
        failure => failure,
    })?;
    bar.finish_and_clear();
    Ok(output::nothing(format_args!("{bytes} bytes written"))?)
}

/// Writes the parts as they come, and counts their bytes. Fails where the last of them is not an archive's last line.
async fn receive(
    context: &Context,
    user_id: String,
    (file, out): (&Path, &mut impl Write),
    bar: &ProgressBar,
) -> Result<u64, Failure> {
    let request = ExportUserRequest { user_id };
    let begun = context.call(|| async {
        let mut asked = Request::new(request.clone());
        asked.set_timeout(BEGIN_WITHIN);
        context.admin().export_user(asked).await
    });
    let (mut parts, mut bytes, mut end) = (begun.await?, 0, LastLine::default());
    while let Some(next) = parts.message().await.map_err(|status| context.failure(&status))? {
        out.write_all(&next.part)?;
        end.goes_on(&next.part);
        bytes += next.part.len() as u64;
        bar.set_position(bytes);
    }
    out.flush()?;
    if !end.is_an_archives() {
        return Err(Failure::local(file, "the archive broke off before its last line; export it again"));
    }
    Ok(bytes)
}

/// The last bytes of what came: an archive's last line, of the kind `end`, says that all of it did.
#[derive(Default)]
struct LastLine(Vec<u8>);

impl LastLine {
    /// Several times the length of an archive's last line.
    const BYTES: usize = 4096;

    fn goes_on(&mut self, part: &[u8]) {
        self.0.extend(&part[part.len().saturating_sub(Self::BYTES)..]);
        self.0.drain(..self.0.len().saturating_sub(Self::BYTES));
    }

    fn is_an_archives(&self) -> bool {
        let Some(lines) = self.0.strip_suffix(b"\n") else { return false };
        let last = lines.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
        serde_json::from_slice::<serde_json::Value>(last).is_ok_and(|line| line["kind"] == "end")
    }
}
