//! The colours, by what they say.

use anstyle::{AnsiColor, Style};

/// Headings and names.
pub const HEAD: Style = Style::new().bold();
/// What came, or went well.
pub const ADDED: Style = AnsiColor::Green.on_default();
/// What went.
pub const REMOVED: Style = AnsiColor::Red.on_default();
/// Where in a file.
pub const PLACE: Style = AnsiColor::Cyan.on_default();
/// What a person should look at.
pub const NOTICE: Style = AnsiColor::Yellow.on_default();
/// What went wrong.
pub const WRONG: Style = AnsiColor::Red.on_default().bold();
/// What is said by the way.
pub const FAINT: Style = Style::new().dimmed();
