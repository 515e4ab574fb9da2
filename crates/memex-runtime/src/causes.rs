//! Prints an error with its causes on one line.

use std::error::Error;

/// The error, then each of its causes after a colon, the outermost first. A cause that is quoted already is left out.
pub fn with_causes(error: &dyn Error) -> String {
    followed_by(error.to_string(), causes(error))
}

/// The texts of an error's causes, the outermost first.
pub(crate) fn causes(error: &dyn Error) -> impl Iterator<Item = String> {
    std::iter::successors(error.source(), |&cause| cause.source()).map(ToString::to_string)
}

/// The text, then each of the causes that it does not quote yet.
pub(crate) fn followed_by(text: String, causes: impl Iterator<Item = String>) -> String {
    causes.fold(text, |said, cause| if said.contains(&cause) { said } else { format!("{said}: {cause}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Fault {
        text: &'static str,
        #[source]
        cause: Option<Box<Fault>>,
    }

    fn fault(texts: &[&'static str]) -> Fault {
        Fault { text: texts[0], cause: texts.get(1).map(|_| Box::new(fault(&texts[1..]))) }
    }

    #[test]
    fn every_cause_is_said_once() {
        for (texts, said) in [
            (&["no start"][..], "no start"),
            (&["no start", "no database", "refused"], "no start: no database: refused"),
            (&["no start: no database", "no database", "refused"], "no start: no database: refused"),
        ] {
            assert_eq!(with_causes(&fault(texts)), said);
        }
    }
}
