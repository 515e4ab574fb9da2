//! What is to be known of a dream itself.

use std::io::{self, Write};

use memex_proto::v1::{Dream, DreamState};

use crate::output::table::write_facts;
use crate::output::{counted, ledger, style};
use memex_view::DreamView;

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
        "{}, {}, {} bytes inserted, {} bytes read, {}{} ms",
        counted(usage.ops, "op"),
        counted(usage.files, "file"),
        usage.bytes,
        usage.read_bytes,
        if usage.refused_ops > 0 { format!("{} refused, ", counted(usage.refused_ops, "op")) } else { String::new() },
        usage.elapsed_ms
    );
    let tokens = if usage.model_tokens > 0 { usage.model_tokens.to_string() } else { String::new() };
    let by = if view.requested { format!("asked for by {}", view.requested_by) } else { "was due".to_owned() };
    let decided = decided(&view);
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
        ("follows", view.follows),
        ("rest of", view.rest_of),
        ("reverts", view.reverts),
        ("decided", decided),
        ("expires", view.expires_at.unwrap_or_default()),
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

/// Who decided about it, when and why; nothing where nobody did.
fn decided(view: &DreamView) -> String {
    if view.decided_by.is_empty() {
        return String::new();
    }
    let at = view.decided_at.as_ref().map(|at| format!("{at} ")).unwrap_or_default();
    let why = if view.decision_reason.is_empty() { String::new() } else { format!(": {}", view.decision_reason) };
    format!("{at}by {}{why}", view.decided_by)
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
    use memex_proto::v1::{DreamLedger, DreamUsage};

    use super::*;

    fn shown(dream: &Dream) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        write_dream(&mut out, dream).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    fn dream() -> Dream {
        Dream {
            dream_id: "drm_1".to_owned(),
            user_id: "ada".to_owned(),
            state: DreamState::Proposed.into(),
            more: true,
            requested: true,
            requested_by: "ops".to_owned(),
            usage: Some(DreamUsage { ops: 1, files: 1, read_bytes: 90, elapsed_ms: 4, ..DreamUsage::default() }),
            ledger: Some(DreamLedger { statements_before: 2, kept: 1, duplicate: 1, ..DreamLedger::default() }),
            ..Dream::default()
        }
    }

    #[test]
    fn a_dream_is_shown_without_what_it_has_not() {
        let expected = "\
drm_1 proposed (work is left)
  user    ada
  how     unspecified, unspecified, asked for by ops
  took    1 op, 1 file, 0 bytes inserted, 90 bytes read, 4 ms
  ledger  2 statements before: 1 kept, 1 duplicate
";
        assert_eq!(shown(&dream()), expected);
    }

    #[test]
    fn who_decided_and_what_it_comes_from_are_shown() {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let dream = Dream {
            decided_by: "ops".to_owned(),
            decided_at: at(1_795_384_800),
            decision_reason: "she said so".to_owned(),
            expires_at: at(1_796_594_400),
            rest_of: "drm_0".to_owned(),
            follows: "drm_9".to_owned(),
            usage: Some(DreamUsage { refused_ops: 2, ..DreamUsage::default() }),
            ..dream()
        };
        let text = shown(&dream);
        for line in [
            "  follows  drm_9\n",
            "  rest of  drm_0\n",
            "  decided  2026-11-22T22:00:00Z by ops: she said so\n",
            "  expires  2026-12-06T22:00:00Z\n",
            "0 bytes read, 2 ops refused, 0 ms\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
