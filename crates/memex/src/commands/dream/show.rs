//! `dream show`: how a dream ended, and what it changed or would change.

use std::io::{self, Write};

use memex_proto::v1::{
    Dream, DreamState, DroppedLine, FileChange, GetChangesetRequest, GetChangesetResponse, ProbableLine,
};
use serde_json::{Value, json};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::pairs::{Side, write_pairs};
use crate::output::table::{Table, numbers, words, write_facts};
use crate::output::{self, counted, diff, ledger, safe_line, style};
use memex_view::{DreamView, DroppedLineView, FileChangeView, ProbableLineView, StagedOpView};

/// What the help of `dream show` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex dream show drm_…
  memex dream show drm_… --no-diff
  memex dream show drm_… --pairs      each dropped line, and the line that stands for it
  memex dream show drm_… --probable   pairs that are probably copies, for a person to decide
  memex dream show drm_… --json       dream, ops, pairs, and files with their diffs

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
    json!({
        "dream": DreamView::from(changeset.dream.unwrap_or_default()),
        "ops": ops,
        "files": files,
        "dropped_lines": dropped_views(changeset.dropped_lines),
        "probable_lines": probable_views(changeset.probable_lines),
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
    let pair = |line: DroppedLine| {
        let without = if line.redacted { "(redacted)" } else { "(not told)" };
        [Side::of(line.dropped, without), Side::of(line.kept, without)]
    };
    write_pairs(out, ["goes", "stays"], &lines.into_iter().map(pair).collect::<Vec<_>>(), columns)
}

/// Pairs that are probably copies.
fn write_probable(out: &mut impl Write, lines: Vec<ProbableLine>, all: i32, columns: Option<usize>) -> io::Result<()> {
    let (head, reset) = (style::HEAD.render(), style::HEAD.render_reset());
    let listed =
        if i64::from(all) > lines.len() as i64 { format!(", {} of them listed", lines.len()) } else { String::new() };
    writeln!(out, "{head}{} left alone{listed}{reset}\n", counted(all, "probable pair"))?;
    let pair = |line: ProbableLine| {
        let without = if line.stands { "" } else { "(changed since)" };
        [Side::of(line.dropped, without), Side::of(line.kept, without)]
    };
    write_pairs(out, ["one", "other"], &lines.into_iter().map(pair).collect::<Vec<_>>(), columns)
}

/// What is to be known of a dream itself.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_dream(out: &mut impl Write, dream: &Dream) -> io::Result<()> {
    let state = style_of(dream.state());
    let view = DreamView::from(dream.clone());
    let more = if view.more { " (work is left)" } else { "" };
    let (head, reset) = (style::HEAD.render(), style::HEAD.render_reset());
    writeln!(out, "{head}{}{reset} {}{}{}{more}", view.dream_id, state.render(), view.state, state.render_reset())?;
    let usage = &view.usage;
    let took = format!(
        "{}, {}, {} bytes inserted, {} bytes read, {} ms",
        counted(usage.ops, "op"),
        counted(usage.files, "file"),
        usage.bytes,
        usage.read_bytes,
        usage.elapsed_ms
    );
    let tokens = if usage.model_tokens > 0 { usage.model_tokens.to_string() } else { String::new() };
    let by = if view.requested { format!("asked for by {}", view.requested_by) } else { "was due".to_owned() };
    let facts = [
        ("user", view.user_id),
        (
            "how",
            format!(
                "{}, {}, {}{by}",
                view.mode,
                view.curator,
                if view.near.is_some() { "probable copies alone, " } else { "" }
            ),
        ),
        ("instructions", view.instructions),
        ("as of", view.as_of),
        ("cause", view.cause),
        ("began", view.created_at.unwrap_or_default()),
        ("claimed", view.claimed_at.map(|at| format!("{at} by {}", view.worker_name)).unwrap_or_default()),
        ("ended", view.ended_at.unwrap_or_default()),
        ("attempts", if view.attempts > 1 { view.attempts.to_string() } else { String::new() }),
        ("took", took),
        ("tokens", tokens),
        ("ledger", dream.ledger.as_ref().map(ledger::summary).unwrap_or_default()),
        ("probable", probable(&view.dream_id, view.probable_pairs)),
        ("trace", view.trace_id),
    ];
    write_facts(out, &facts)
}

fn probable(dream_id: &str, pairs: i32) -> String {
    if pairs == 0 {
        String::new()
    } else {
        format!("{}; memex dream show {dream_id} --probable", counted(pairs, "pair"))
    }
}

/// The rules that the changeset broke, if any.
fn write_violations(out: &mut impl Write, dream: &Dream) -> io::Result<()> {
    if dream.violations.is_empty() {
        return Ok(());
    }
    let (notice, reset) = (style::NOTICE.render(), style::NOTICE.render_reset());
    writeln!(out, "\n{notice}{} broken{reset}", counted(dream.violations.len() as i64, "rule"))?;
    let mut table = Table::new(&[words("path"), numbers("line"), words("rule"), words("what")]);
    for broken in dream.violations.iter().cloned() {
        let line = if broken.line == 0 { String::new() } else { broken.line.to_string() };
        table.row([broken.path, line, broken.rule, broken.detail]);
    }
    table.write(out)
}

/// Each file's change: its diff where `diffs`, else a line.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_changes(out: &mut impl Write, files: &[FileChange], diffs: bool) -> io::Result<()> {
    for file in files {
        let (head, reset) = (style::HEAD.render(), style::HEAD.render_reset());
        let (came, went) = (style::ADDED, style::REMOVED);
        let sums = format!(
            "{}+{}{} {}-{}{}",
            came.render(),
            file.added_lines,
            came.render_reset(),
            went.render(),
            file.removed_lines,
            went.render_reset()
        );
        writeln!(out, "\n{head}{}{reset} at version {}  {sums}", safe_line(&file.path), file.base_version)?;
        if diffs {
            diff::write_unified(out, &file.diff)?;
        }
    }
    Ok(())
}

fn style_of(state: DreamState) -> anstyle::Style {
    match state {
        DreamState::Applied | DreamState::Noop | DreamState::Reported => style::ADDED,
        DreamState::Failed | DreamState::Lost | DreamState::Refused => style::WRONG,
        _ => style::NOTICE,
    }
}

#[cfg(test)]
mod tests {
    use memex_proto::v1::{DreamLedger, DreamUsage, DreamViolation};

    use super::*;

    fn shown(print: impl Fn(&mut anstream::StripStream<Vec<u8>>)) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        print(&mut out);
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn a_dream_is_shown_without_what_it_has_not() {
        let dream = Dream {
            dream_id: "drm_1".to_owned(),
            user_id: "ada".to_owned(),
            state: DreamState::Proposed.into(),
            more: true,
            requested: true,
            requested_by: "ops".to_owned(),
            usage: Some(DreamUsage { ops: 1, files: 1, bytes: 0, read_bytes: 90, model_tokens: 0, elapsed_ms: 4 }),
            ledger: Some(DreamLedger { statements_before: 2, kept: 1, duplicate: 1, ..DreamLedger::default() }),
            violations: vec![DreamViolation {
                path: "user/a.md".to_owned(),
                line: 3,
                rule: "statement_lost".to_owned(),
                detail: "no ground".to_owned(),
            }],
            ..Dream::default()
        };
        let text = shown(|out| {
            write_dream(out, &dream).unwrap();
            write_violations(out, &dream).unwrap();
        });
        let expected = "\
drm_1 proposed (work is left)
  user    ada
  how     unspecified, unspecified, asked for by ops
  took    1 op, 1 file, 0 bytes inserted, 90 bytes read, 4 ms
  ledger  2 statements before: 1 kept, 1 duplicate

1 rule broken
path       line  rule            what
user/a.md     3  statement_lost  no ground
";
        assert_eq!(text, expected);
    }

    #[test]
    fn changes_are_shown_with_or_without_their_diffs() {
        let file = FileChange {
            path: "user/a.md".to_owned(),
            base_version: 2,
            diff: "@@ -1 +0,0 @@\n-gone\n".to_owned(),
            added_lines: 0,
            removed_lines: 1,
            revision_id: String::new(),
            redacted: false,
        };
        let files = [file];
        assert_eq!(shown(|out| write_changes(out, &files, false).unwrap()), "\nuser/a.md at version 2  +0 -1\n");
        let with = shown(|out| write_changes(out, &files, true).unwrap());
        assert_eq!(with, "\nuser/a.md at version 2  +0 -1\n@@ -1 +0,0 @@\n-gone\n");
    }
}
