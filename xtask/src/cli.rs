//! The command line of `cargo xtask`.

use clap::{Parser, Subcommand, ValueEnum};

/// `cargo xtask`: the checks that every change passes.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "The checks that every change passes", after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What `cargo xtask` can be asked to do.
#[derive(Subcommand)]
pub enum Command {
    /// Run every step and report all that fails; this is what CI runs after the tests
    #[command(after_help = EXAMPLES)]
    Check {
        /// Leave a step out; may be given several times
        #[arg(long, value_name = "STEP")]
        skip: Vec<Step>,
    },
    /// One step alone.
    #[command(flatten)]
    Only(Only),
}

/// A step as a command of its own.
#[derive(Subcommand, Clone, Copy)]
pub enum Only {
    /// Every source file is formatted: cargo fmt --all --check
    Format,
    /// No lint warns anywhere: cargo clippy --workspace --all-targets -- -D warnings
    Lints,
    /// The protocol keeps buf's lints and format, and breaks no published version
    Buf,
    /// Each cached SQL statement belongs to exactly one statement of memory-api
    SqlCache,
    /// Crates depend in the permitted directions, and shipped binaries hold nothing forbidden
    Arch,
    /// Files keep their size, one SQL function a file, no stray words
    Size,
    /// Every dependency has a licence that this project accepts
    Licences,
    /// Every relative link of every Markdown file leads somewhere
    Links,
}

/// A step of `check`, in the order in which they run.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// cargo fmt.
    Format,
    /// cargo clippy.
    Lints,
    /// buf lint, format and breaking.
    Buf,
    /// memory-api's offline statements.
    SqlCache,
    /// Directions between crates.
    Arch,
    /// Sizes and stray words.
    Size,
    /// Licences of dependencies.
    Licences,
    /// Relative links.
    Links,
}

impl From<Only> for Step {
    fn from(only: Only) -> Self {
        match only {
            Only::Format => Self::Format,
            Only::Lints => Self::Lints,
            Only::Buf => Self::Buf,
            Only::SqlCache => Self::SqlCache,
            Only::Arch => Self::Arch,
            Only::Size => Self::Size,
            Only::Licences => Self::Licences,
            Only::Links => Self::Links,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask check                 all steps, as CI runs them
  cargo xtask check --skip buf      all steps but one, where buf is not installed
  cargo xtask arch                  only the directions between crates

Ends with 0 when every step passed, with 1 when one did not. Tests are not run: cargo test --workspace does.";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_step_can_run_alone_under_the_name_that_skip_takes() {
        for step in Step::value_variants() {
            let name = step.to_possible_value().unwrap().get_name().to_owned();
            let Command::Only(only) = Cli::try_parse_from(["cargo xtask", &name]).unwrap().command else {
                panic!("{name} is no command")
            };
            assert_eq!(Step::from(only), *step);
        }
    }
}
