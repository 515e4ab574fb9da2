//! Long text on a terminal: through the person's pager, as git shows it.

use std::io::{self, IsTerminal as _, Write};
use std::process::{Child, Command, Stdio};

use anstream::AutoStream;

/// The pager of who has set none.
const DEFAULT: &str = "less";

/// What `less` is told unless LESS is set: to end by itself where one screen has room, to keep colours, to leave the text.
const LESS: &str = "FRX";

/// Lets `write` print on standard output: through $MEMEX_PAGER, else $PAGER, else `less`, where that is a terminal; straight
/// where it is none or one without a screen to speak of, where the variable is empty or `cat`, and where the pager cannot be
/// started.
///
/// # Errors
/// When standard output cannot be written. A pager that is left before the end has shown enough.
pub fn paged(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let variable = |name: &str| std::env::var(name).ok();
    let pager = chosen(variable("MEMEX_PAGER").or_else(|| variable("PAGER")));
    let screen = io::stdout().is_terminal() && variable("TERM").is_some_and(|term| term != "dumb");
    let Some(mut pager) = pager.filter(|_| screen).and_then(|pager| start(&pager)) else {
        let mut out = super::out();
        write(&mut out)?;
        return out.flush();
    };
    let written = match pager.stdin.take() {
        Some(pipe) => write(&mut AutoStream::new(Box::new(pipe) as Box<dyn Write>, colours())),
        None => Ok(()),
    };
    pager.wait()?;
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// The command line of the pager, where there is to be one.
fn chosen(said: Option<String>) -> Option<String> {
    let pager = said.map_or_else(|| DEFAULT.to_owned(), |said| said.trim().to_owned());
    Some(pager).filter(|pager| !pager.is_empty() && pager != "cat")
}

fn start(pager: &str) -> Option<Child> {
    let (program, args) = pager.split_once(char::is_whitespace).unwrap_or((pager, ""));
    let mut command = Command::new(program);
    command.args(args.split_whitespace()).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    command.spawn().ok()
}

fn colours() -> anstream::ColorChoice {
    AutoStream::choice(&io::stdout())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pager_is_less_unless_another_or_none_is_named() {
        assert_eq!(chosen(None).as_deref(), Some("less"));
        assert_eq!(chosen(Some(" more -s ".to_owned())).as_deref(), Some("more -s"));
        assert_eq!((chosen(Some(String::new())), chosen(Some("cat".to_owned()))), (None, None));
        assert!(start("no-such-pager-anywhere").is_none());
    }
}
