//! `status`: how dreaming stands in the workspace, once or again and again.

use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use memex_proto::v1::{GetStatusRequest, GetStatusResponse};
use memex_runtime::lifecycle::Shutdown;

use crate::context::{Context, or_left};
use crate::failure::Failure;
use crate::output::table::{Table, numbers, words};
use crate::output::{self, counted, safe_line, style};
use memex_view::{EndingView, StatusView};

/// What the help of `status` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex status             switches, who is due, what runs, what waits for a person
  memex status --watch     the same every 2 seconds, until Ctrl-C
  memex status --json      one JSON value; with --watch one a line";

/// How often a watched status is asked for.
const EVERY: Duration = Duration::from_secs(2);

/// A user who has been due for so many seconds, with no dream running, waits for a worker that is not there.
const LONG_DUE: i64 = 600;

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// Go on until Ctrl-C: every 2 seconds, in place on a terminal
    #[arg(long)]
    watch: bool,
}

/// `memex status`.
pub async fn run(context: &Context, args: StatusArgs) -> Result<(), Failure> {
    if !args.watch {
        return print(context, &status(context).await?).map(drop);
    }
    let stop = Shutdown::on_signals()?;
    or_left(&stop, || "it was only watched, and nothing was changed".to_owned(), watch(context)).await
}

/// Prints it again and again.
async fn watch(context: &Context) -> Result<(), Failure> {
    let in_place = !context.json && io::stdout().is_terminal();
    let mut lines = 0;
    loop {
        let status = status(context).await?;
        if in_place && lines > 0 {
            // Back to the first line of what was printed before, and all of it gone.
            write!(output::out(), "\x1b[{lines}A\x1b[J")?;
        }
        lines = print(context, &status)?;
        tokio::time::sleep(EVERY).await;
    }
}

async fn status(context: &Context) -> Result<GetStatusResponse, Failure> {
    context.call(|| async { context.dreams().get_status(GetStatusRequest {}).await }).await
}

/// Prints it in one piece, and gives how many lines it took.
fn print(context: &Context, status: &GetStatusResponse) -> Result<usize, Failure> {
    if context.json {
        output::json(&StatusView::from(status.clone()))?;
        return Ok(1);
    }
    let mut text = Vec::new();
    write_status(&mut text, status)?;
    let mut out = output::out();
    out.write_all(&text)?;
    out.flush()?;
    Ok(text.iter().filter(|byte| **byte == b'\n').count())
}

/// One figure: its name, what it is, and the next step where it calls for one.
struct Figure {
    name: &'static str,
    value: String,
    next: Option<&'static str>,
}

fn write_status(out: &mut impl Write, status: &GetStatusResponse) -> io::Result<()> {
    for Figure { name, value, next } in figures(status) {
        let (dim, reset) = (style::FAINT.render(), style::FAINT.render_reset());
        writeln!(out, "{dim}{name:<9}{reset}  {}", safe_line(&value))?;
        if let Some(next) = next {
            writeln!(out, "{:9}  {}next: {next}{}", "", style::NOTICE.render(), style::NOTICE.render_reset())?;
        }
    }
    let StatusView { endings, at, .. } = status.clone().into();
    if endings.is_empty() {
        writeln!(out, "\nno dream ended within the last 24 hours")?;
    } else {
        writeln!(out, "\nendings of the last 24 hours")?;
        let mut table = Table::new(&[numbers("dreams"), words("state"), words("cause")]);
        for EndingView { state, cause, dreams } in endings {
            table.row([dreams.to_string(), state, cause]);
        }
        table.write(out)?;
    }
    writeln!(out, "{}as of {}{}", style::FAINT.render(), at.unwrap_or_default(), style::FAINT.render_reset())
}

fn figures(status: &GetStatusResponse) -> Vec<Figure> {
    let step = |next: &'static str, calls: bool| calls.then_some(next);
    let age = match (&status.at, &status.oldest_due_at) {
        (Some(at), Some(due)) => (at.seconds - due.seconds).max(0),
        _ => 0,
    };
    let due = match status.due {
        0 => counted(0, "user"),
        due => format!("{}, the longest for {}", counted(due, "user"), duration(age)),
    };
    let no_worker = status.running == 0 && age >= LONG_DUE && status.deployment_enabled && status.workspace_enabled;
    let (dreaming, switch) = switches(status);
    vec![
        Figure { name: "dreaming", value: dreaming, next: switch },
        Figure {
            name: "due",
            value: due,
            next: step("see that a dream-worker runs: memex run dream-worker", no_worker),
        },
        Figure { name: "requested", value: counted(status.requested, "dream"), next: None },
        Figure { name: "running", value: counted(status.running, "dream"), next: None },
        Figure {
            name: "waiting",
            value: counted(status.waiting, "proposal"),
            next: step("memex review --all-users", status.waiting > 0),
        },
        Figure {
            name: "parked",
            value: counted(status.parked, "user"),
            next: step("memex users list shows who; memex users unpark USER", status.parked > 0),
        },
        Figure {
            name: "paused",
            value: counted(status.paused, "user"),
            next: step("memex users list shows who; memex resume --user USER", status.paused > 0),
        },
    ]
}

/// Whether anybody is dreamt for, and how that is switched on.
fn switches(status: &GetStatusResponse) -> (String, Option<&'static str>) {
    match (status.deployment_enabled, status.workspace_enabled) {
        (true, true) => ("on".to_owned(), None),
        (false, true) => ("off for the deployment".to_owned(), Some("memory-api config set dream_enabled true")),
        (true, false) => ("off for the workspace".to_owned(), Some("memex config set dream_enabled=true")),
        (false, false) => (
            "off for the deployment and for the workspace".to_owned(),
            Some("memory-api config set dream_enabled true; memex config set dream_enabled=true"),
        ),
    }
}

/// Seconds as people say them: `40 s`, `12 min`, `3 h`, `2 days`.
fn duration(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use memex_proto::v1::{DreamState, EndingCount};
    use prost_types::Timestamp;

    use super::*;

    fn shown(status: &GetStatusResponse) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        write_status(&mut out, status).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp { seconds, nanos: 0 })
    }

    #[test]
    fn a_quiet_workspace_calls_for_nothing() {
        let status = GetStatusResponse {
            deployment_enabled: true,
            workspace_enabled: true,
            at: at(1_795_384_800),
            ..GetStatusResponse::default()
        };
        let expected = "\
dreaming   on
due        0 users
requested  0 dreams
running    0 dreams
waiting    0 proposals
parked     0 users
paused     0 users

no dream ended within the last 24 hours
as of 2026-11-22T22:00:00Z
";
        assert_eq!(shown(&status), expected);
    }

    #[test]
    fn each_figure_that_calls_for_an_act_says_which() {
        let endings = vec![EndingCount { state: DreamState::Failed.into(), cause: "N ops\u{1b}".into(), dreams: 2 }];
        let status = GetStatusResponse {
            deployment_enabled: true,
            workspace_enabled: true,
            due: 3,
            oldest_due_at: at(1_795_384_800 - 7_300),
            at: at(1_795_384_800),
            waiting: 1,
            parked: 1,
            paused: 2,
            endings,
            ..GetStatusResponse::default()
        };
        let text = shown(&status);
        for told in [
            "due        3 users, the longest for 2 h\n           next: see that a dream-worker runs",
            "waiting    1 proposal\n           next: memex review --all-users\n",
            "parked     1 user\n           next: memex users list shows who; memex users unpark USER\n",
            "paused     2 users\n           next: memex users list shows who; memex resume --user USER\n",
            "dreams  state   cause\n     2  failed  N ops\\u{1b}\n",
        ] {
            assert!(text.contains(told), "{told} in {text}");
        }
        let busy = GetStatusResponse { running: 1, ..status.clone() };
        assert!(!shown(&busy).contains("dream-worker"), "whoever runs will come to them");
        let off = GetStatusResponse { workspace_enabled: false, ..status };
        assert!(shown(&off).starts_with("dreaming   off for the workspace\n           next: memex config set"));
    }

    #[test]
    fn ages_are_said_in_the_unit_that_fits() {
        let said: Vec<_> = [0, 59, 60, 3_599, 3_600, 172_799, 172_800].into_iter().map(duration).collect();
        assert_eq!(said, ["0 s", "59 s", "1 min", "59 min", "1 h", "47 h", "2 days"]);
    }
}
