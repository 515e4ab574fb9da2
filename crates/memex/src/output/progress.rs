//! Progress for who waits at a terminal; nobody else sees any.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(120);

const BYTES: &str = "{spinner:.cyan} {msg} {bytes} {elapsed:.dim}";
const BYTES_OF: &str = "{msg} {wide_bar:.cyan} {bytes}/{total_bytes}";

/// A bar for `total` steps; hidden with `--json` and where standard error is no terminal.
pub fn bar(total: usize, what: &'static str, json: bool) -> ProgressBar {
    if hidden(json) {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total as u64).with_message(what);
    bar.set_style(style("{msg} {wide_bar:.cyan} {pos}/{len}"));
    bar
}

/// Bytes that went, of `total` where that is known; hidden like [`bar`].
pub fn bytes(total: Option<u64>, what: &'static str, json: bool) -> ProgressBar {
    if hidden(json) {
        return ProgressBar::hidden();
    }
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), BYTES_OF),
        None => (ProgressBar::new_spinner(), BYTES),
    };
    let bar = bar.with_message(what);
    bar.set_style(style(template));
    bar.enable_steady_tick(TICK);
    bar
}

/// A spinner whose message can be changed; hidden like [`bar`].
pub fn spinner(message: String, json: bool) -> ProgressBar {
    if hidden(json) {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(message);
    spinner.set_style(style("{spinner:.cyan} {msg} {elapsed:.dim}"));
    spinner.enable_steady_tick(TICK);
    spinner
}

fn hidden(json: bool) -> bool {
    json || !std::io::stderr().is_terminal()
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates here are constants that parse")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_parse_and_json_hides_them() {
        style("{msg} {wide_bar:.cyan} {pos}/{len}");
        style("{spinner:.cyan} {msg} {elapsed:.dim}");
        for template in [BYTES, BYTES_OF] {
            style(template);
        }
        assert!(bytes(None, "x", true).is_hidden());
        assert!(bar(1, "x", true).is_hidden() && spinner("x".to_owned(), true).is_hidden());
    }
}
