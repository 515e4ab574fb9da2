//! `dream show`: how a dream ended, and what it changed or would change.

mod changes;
mod facts;
mod verdict;

use std::io::{self, Write};

use memex_proto::v1::{DroppedLine, GetChangesetRequest, GetChangesetResponse, ProbableLine};
use serde_json::{Value, json};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::pairs::{Pair, Side, write_pairs};
use crate::output::{self, counted, style};
use memex_view::{DreamView, DroppedLineView, FileChangeView, ProbableLineView, RuleVerdictView, StagedOpView};

pub use changes::{Groups, write_changes, write_diffs};
pub use facts::write_dream;
pub use verdict::{write_verdict, write_violations};

/// What the help of `dream show` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex dream show drm_…
  memex dream show drm_… --no-diff
  memex dream show drm_… --pairs      each dropped line, and the line that stands for it
  memex dream show drm_… --probable   pairs that are probably copies, for a person to decide
  memex dream show drm_… --json       dream, ops, pairs, verdict, and files with their diffs

Pairs stand side by side on a terminal of at least 100 columns, else one below the other.";

/// Arguments of `dream show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The dream, drm_…
    id: String,
    /// Leave the diffs out
    #[arg(long)]
    no_diff: bool,
    /// Only the dropped lines, each with the line that stands for it
    #[arg(long, conflicts_with_all = ["no_diff", "probable"])]
    pairs: bool,
    /// Only the pairs that are probably copies and were left alone, where they stand now
    #[arg(long, conflicts_with = "no_diff")]
    probable: bool,
}

/// `memex dream show`.
pub async fn run(context: &Context, args: ShowArgs) -> Result<(), Failure> {
    let changeset = changeset(context, &args.id).await?;
    let (mut out, columns) = (output::out(), output::columns());
    if args.pairs {
        let pairs = changeset.dropped_lines;
        match context.json {
            true => output::json(&json!({"dropped_lines": dropped_views(pairs)}))?,
            false if pairs.is_empty() => output::nothing("this dream drops no line")?,
            false => write_dropped(&mut out, pairs, columns)?,
        }
        return Ok(());
    }
    if args.probable {
        let (pairs, counted) = (changeset.probable_lines, changeset.dream.unwrap_or_default().probable_pairs);
        match context.json {
            true => output::json(&json!({"probable_pairs": counted, "probable_lines": probable_views(pairs)}))?,
            false if pairs.is_empty() => output::nothing("this dream left no probable pairs")?,
            false => write_probable(&mut out, pairs, counted, columns)?,
        }
        return Ok(());
    }
    if context.json {
        return Ok(output::json(&as_json(changeset, !args.no_diff))?);
    }
    Ok(write_changeset(&mut out, changeset, !args.no_diff)?)
}

fn dropped_views(lines: Vec<DroppedLine>) -> Vec<DroppedLineView> {
    lines.into_iter().map(Into::into).collect()
}

fn probable_views(lines: Vec<ProbableLine>) -> Vec<ProbableLineView> {
    lines.into_iter().map(Into::into).collect()
}

/// A dream with its changeset.
///
/// # Errors
/// As GetChangeset.
pub async fn changeset(context: &Context, dream_id: &str) -> Result<GetChangesetResponse, Failure> {
    let request = GetChangesetRequest { dream_id: dream_id.to_owned() };
    let answer = context.call(|| async { context.dreams().get_changeset(request.clone()).await }).await;
    answer.map_err(|failure| failure.about(dream_id))
}

/// The dream with its changeset as `--json` prints it.
pub fn as_json(changeset: GetChangesetResponse, diffs: bool) -> Value {
    let ops: Vec<StagedOpView> = changeset.ops.into_iter().map(Into::into).collect();
    let mut files: Vec<FileChangeView> = changeset.files.into_iter().map(Into::into).collect();
    if !diffs {
        files.iter_mut().for_each(|file| file.diff.clear());
    }
    let verdict: Vec<RuleVerdictView> = changeset.verdict.into_iter().map(Into::into).collect();
    json!({
        "dream": DreamView::from(changeset.dream.unwrap_or_default()),
        "ops": ops,
        "files": files,
        "dropped_lines": dropped_views(changeset.dropped_lines),
        "probable_lines": probable_views(changeset.probable_lines),
        "verdict": verdict,
    })
}

/// The same for people.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_changeset(out: &mut impl Write, changeset: GetChangesetResponse, diffs: bool) -> io::Result<()> {
    let dream = changeset.dream.unwrap_or_default();
    write_dream(out, &dream)?;
    write_violations(out, &dream)?;
    write_verdict(out, &dream, &changeset.verdict)?;
    if !changeset.dropped_lines.is_empty() {
        writeln!(out)?;
        write_dropped(out, changeset.dropped_lines, output::columns())?;
    }
    write_changes(out, &changeset.files, diffs)
}

/// Each dropped line with the line that stands for it.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_dropped(out: &mut impl Write, lines: Vec<DroppedLine>, columns: Option<usize>) -> io::Result<()> {
    let (head, reset) = (style::HEAD.render(), style::HEAD.render_reset());
    let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    writeln!(out, "{head}{} dropped, each for one that stays{reset}\n", counted(count, "line"))?;
    write_dropped_pairs(out, lines, columns)
}

/// The same without a heading.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_dropped_pairs(out: &mut impl Write, lines: Vec<DroppedLine>, columns: Option<usize>) -> io::Result<()> {
    let pair = |line: DroppedLine| {
        let without = if line.redacted { "(redacted)" } else { "(not told)" };
        let caption = caption(&line);
        Pair { caption, sides: [Side::of(line.dropped, without), Side::of(line.kept, without)] }
    };
    write_pairs(out, ["goes", "stays"], &lines.into_iter().map(pair).collect::<Vec<_>>(), columns)
}

/// What happens to a line and how sure its ground is, with the curator's reason; nothing where nobody graded it.
fn caption(line: &DroppedLine) -> String {
    let DroppedLineView { kind, grade, reason, .. } = DroppedLine { dropped: None, kept: None, ..line.clone() }.into();
    let Some(grade) = grade else { return String::new() };
    let kind = kind.map(|kind| format!(" {}", kind.trim_start_matches("drop_"))).unwrap_or_default();
    if reason.is_empty() { format!("{grade}{kind}") } else { format!("{grade}{kind}: {reason}") }
}

/// Pairs that are probably copies.
fn write_probable(out: &mut impl Write, lines: Vec<ProbableLine>, all: i32, columns: Option<usize>) -> io::Result<()> {
    let (head, reset) = (style::HEAD.render(), style::HEAD.render_reset());
    let listed =
        if i64::from(all) > lines.len() as i64 { format!(", {} of them listed", lines.len()) } else { String::new() };
    writeln!(out, "{head}{} left alone{listed}{reset}\n", counted(all, "probable pair"))?;
    let pair = |line: ProbableLine| {
        let without = if line.stands { "" } else { "(changed since)" };
        let sides = [Side::of(line.dropped, without), Side::of(line.kept, without)];
        Pair { caption: String::new(), sides }
    };
    write_pairs(out, ["one", "other"], &lines.into_iter().map(pair).collect::<Vec<_>>(), columns)
}
