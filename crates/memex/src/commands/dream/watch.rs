//! `dream watch`: what a dream does, until it has ended.

use std::io::{self, Write};
use std::time::Duration;

use memex_proto::v1::{Dream, DreamEvent, DreamState, StagedOp, WatchDreamRequest, WatchDreamResponse};
use memex_runtime::lifecycle::Shutdown;
use memex_runtime::retry::Backoff;
use tonic::{Status, Streaming};

use super::start::{ended_badly, goes_on, is_open, waiting_for};
use crate::commands::watch::passing;
use crate::context::{Context, or_left};
use crate::failure::Failure;
use crate::output::{self, counted, safe_line, style};
use memex_view::{DreamEventView, StagedOpView, dream_state};

/// What the help of `dream watch` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex dream watch drm_…            a line an event, until its end
  memex dream watch drm_… --json     one JSON object a line

The exit code is 0 where the dream was applied, proposed, reported or had nothing to do, 1 where it
ended otherwise. The watch goes on where memory-api is gone for a while. Ctrl-C ends it, not the
dream.";

/// The first wait before memory-api is looked for again, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Arguments of `dream watch`.
#[derive(Debug, clap::Args)]
pub struct WatchArgs {
    /// The dream, drm_…
    id: String,
}

/// `memex dream watch`.
pub async fn run(context: &Context, args: WatchArgs) -> Result<(), Failure> {
    let stop = Shutdown::on_signals()?;
    let told = |event: WatchDreamResponse| {
        if context.json { output::json(&DreamEventView::from(event)) } else { write_event(&mut output::out(), &event) }
    };
    let dream = or_left(&stop, || goes_on(&args.id), follow(context, &args.id, told)).await?;
    ended_badly(&dream).map_or(Ok(()), Err)
}

/// Tells each event until the dream has ended, over restarts of memory-api. Gives the dream at its end.
async fn follow(
    context: &Context,
    dream_id: &str,
    mut told: impl FnMut(WatchDreamResponse) -> io::Result<()>,
) -> Result<Dream, Failure> {
    let request = WatchDreamRequest { dream_id: dream_id.to_owned() };
    // What cannot be reached at first is told at once; what was there comes back.
    let first = context.call(|| async { context.dreams().watch_dream(request.clone()).await }).await;
    let mut stream = first.map_err(|failure| failure.about(dream_id))?;
    let mut waits = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    loop {
        let mut ended = None;
        let lost = loop {
            match stream.message().await {
                Ok(Some(event)) => {
                    waits.reset();
                    // Others may come beside the event that tells the end: the stream ends when all are told.
                    ended = event.dream.clone().filter(|dream| !is_open(dream.state()));
                    told(event)?;
                }
                Ok(None) => break None,
                Err(status) => break Some(status),
            }
        };
        match (ended, lost) {
            (Some(dream), None) => return Ok(dream),
            (_, lost) => stream = again(context, &request, lost, &mut waits).await?,
        }
    }
}

/// The stream after one that was lost: its first event says how the dream stands.
async fn again(
    context: &Context,
    request: &WatchDreamRequest,
    lost: Option<Status>,
    waits: &mut Backoff,
) -> Result<Streaming<WatchDreamResponse>, Failure> {
    let least = |status: &Status| passing(status).ok_or_else(|| context.failure(status).about(&request.dream_id));
    let mut wait = lost.as_ref().map_or(Ok(None), least)?;
    loop {
        tokio::time::sleep(waits.next_after(wait)).await;
        match context.dreams().watch_dream(request.clone()).await {
            Ok(stream) => return Ok(stream.into_inner()),
            Err(status) => wait = least(&status)?,
        }
    }
}

/// One event as a line.
fn write_event(out: &mut impl Write, event: &WatchDreamResponse) -> io::Result<()> {
    let dream = event.dream.clone().unwrap_or_default();
    let usage = dream.usage.unwrap_or_default();
    let (word, said, style) = match event.event() {
        DreamEvent::Unspecified => return Ok(()),
        DreamEvent::State => return write_state(out, &dream),
        DreamEvent::Read => ("read", format!("{} bytes by now", usage.read_bytes), style::FAINT),
        DreamEvent::Staged => ("staged", event.op.clone().map(staged).unwrap_or_default(), style::ADDED),
        DreamEvent::Refused => ("refused", format!("{} by now", counted(usage.refused_ops, "op")), style::NOTICE),
        DreamEvent::Judging => ("judging", format!("{} staged", counted(usage.ops, "op")), style::PLACE),
    };
    writeln!(out, "{}{word}{}  {}", style.render(), style.render_reset(), safe_line(&said))
}

/// How the dream stands, or how it ended.
fn write_state(out: &mut impl Write, dream: &Dream) -> io::Result<()> {
    let (head, reset) = (style::HEAD.render(), style::HEAD.render_reset());
    let state = dream_state(dream.state());
    let said = match dream.state() {
        DreamState::Requested | DreamState::Running => waiting_for(dream),
        DreamState::Proposed => format!("{} waits for a person: memex dream show {0}", safe_line(&dream.dream_id)),
        _ if dream.cause.is_empty() => safe_line(&dream.dream_id),
        _ => safe_line(&format!("{}: {}", dream.dream_id, dream.cause)),
    };
    writeln!(out, "{head}{state}{reset}  {said}")
}

/// An op as people read it: its number, file and what it does.
fn staged(op: StagedOp) -> String {
    let StagedOpView { number, path, operation, treatments, reason, .. } = op.into();
    let what = if treatments.is_empty() { operation } else { treatments.join(", ") };
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("op {number}  {path}  {what}{why}")
}

#[cfg(test)]
mod tests {
    use memex_proto::v1::DreamUsage;

    use super::*;

    fn line(event: DreamEvent, dream: Dream, op: Option<StagedOp>) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        write_event(&mut out, &WatchDreamResponse { event: event.into(), dream: Some(dream), op }).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn each_event_is_a_line() {
        let usage = DreamUsage { ops: 2, read_bytes: 90, refused_ops: 1, ..DreamUsage::default() };
        let dream = |state: DreamState| Dream {
            dream_id: "drm_1".into(),
            state: state.into(),
            worker_name: "w".into(),
            cause: "why".into(),
            usage: Some(usage),
            ..Dream::default()
        };
        let running = || dream(DreamState::Running);
        assert_eq!(line(DreamEvent::State, running(), None), "running  drm_1 runs with w\n");
        assert_eq!(line(DreamEvent::Read, running(), None), "read  90 bytes by now\n");
        assert_eq!(line(DreamEvent::Refused, running(), None), "refused  1 op by now\n");
        assert_eq!(line(DreamEvent::Judging, running(), None), "judging  2 ops staged\n");
        let op = StagedOp { number: 2, path: "user/a\n.md".into(), reason: "twice".into(), ..StagedOp::default() };
        let staged = line(DreamEvent::Staged, running(), Some(op));
        assert_eq!(staged, "staged  op 2  user/a\\n.md  unspecified: twice\n");
        let proposed = "proposed  drm_1 waits for a person: memex dream show drm_1\n";
        assert_eq!(line(DreamEvent::State, dream(DreamState::Proposed), None), proposed);
        assert_eq!(line(DreamEvent::State, dream(DreamState::Failed), None), "failed  drm_1: why\n");
    }
}
