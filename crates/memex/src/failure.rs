//! Why a command did not do what was asked, how that is said, and the exit code that goes with it.

mod next;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use memex_proto::reason::{Refusal, short_name};
use memex_proto::v1::ErrorReason;
use memex_runtime::causes::with_causes;
use memex_runtime::lifecycle::{EXIT_INTERRUPTED, EXIT_OK, EXIT_REFUSED, EXIT_SETTINGS, EXIT_UNAVAILABLE, EXIT_USAGE};
use memex_runtime::settings::Mistakes;
use memex_runtime::trace::code_name;
use memex_stack::pair::PairError;
use serde_json::{Value, json};
use tonic::{Code, Status};

use crate::output::{self, style};
use crate::user::UserArg;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// memory-api refused, and said why.
    #[error("{}", refusal.message)]
    Refused {
        /// What it said.
        refusal: Box<Refusal>,
        /// The path, dream or key that the call was about; for the advice.
        subject: Option<String>,
        /// The user whom the command line named; for the advice.
        user: Option<String>,
        /// What to do next, where the command knows better than the reason alone.
        advice: Option<&'static str>,
    },
    /// Something answered, but not with a refusal of memory-api's.
    #[error("the server answered {} without a reason of memory-api's: {message}", code_name(*code))]
    Foreign {
        /// The gRPC code.
        code: Code,
        /// What came with it.
        message: String,
    },
    /// Nothing answered, or not in time.
    #[error("memory-api at {endpoint} cannot be reached: {message}")]
    Unreachable {
        /// Where it was looked for.
        endpoint: String,
        /// What happened.
        message: String,
    },
    /// What was waited for did not come in time.
    #[error("{0}")]
    TimedOut(String),
    /// Settings that cannot be used.
    #[error(transparent)]
    Settings(#[from] Mistakes),
    /// Arguments that clap understands and the command does not.
    #[error("{0}")]
    Usage(String),
    /// A file or folder of this machine cannot be used.
    #[error("{}: {problem}", file.display())]
    Local {
        /// Which.
        file: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The command ran to its end and did only a part, or saw something end badly; its output has the particulars.
    #[error("{0}")]
    Incomplete(String),
    /// The command's JSON has the failure in it already.
    #[error(transparent)]
    Told(Box<Failure>),
    /// The pair could not be started, or ended by itself.
    #[error("{}", with_causes(.0))]
    Pair(Box<PairError>),
    /// A person was asked and did not say yes.
    #[error("not confirmed: {0}")]
    Declined(&'static str),
    /// A text that a person typed was not written, and is kept.
    #[error("{cause}")]
    Kept {
        /// Why not.
        cause: Box<Failure>,
        /// Where it is.
        file: PathBuf,
        /// How to go on with it.
        next: String,
    },
    /// It was told to end before it was done; with what becomes of the rest.
    #[error("interrupted; {0}")]
    Left(String),
    /// It was told to end before it was done; everything that it had started is stopped.
    #[error("interrupted; everything that was started is stopped")]
    Interrupted,
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// What a call's status says; `endpoint` is where the call went.
    pub fn of(status: &Status, endpoint: &str) -> Self {
        if let Some(refusal) = Refusal::of(status) {
            return refusal.into();
        }
        let message = status.message().to_owned();
        match status.code() {
            Code::Unavailable | Code::Cancelled => Self::Unreachable { endpoint: endpoint.to_owned(), message },
            // Nobody refused: it is this side that waits no longer.
            Code::DeadlineExceeded => {
                Self::TimedOut(format!("memory-api at {endpoint} has not answered in time: {message}"))
            }
            code => Self::Foreign { code, message },
        }
    }

    /// A file or folder of this machine cannot be used.
    pub fn local(file: impl AsRef<Path>, problem: impl std::fmt::Display) -> Self {
        Self::Local { file: file.as_ref().to_owned(), problem: problem.to_string() }
    }

    /// The same, with what the call was about, where that is not known yet.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        if let Self::Refused { subject: subject @ None, .. } = &mut self {
            *subject = Some(what.to_owned());
        }
        self
    }

    /// The same, with the user whom the command line named, so that the next one names them too.
    #[must_use]
    pub fn of_user(mut self, named: &UserArg) -> Self {
        if let Self::Refused { user, .. } = &mut self {
            user.clone_from(&named.user);
        }
        self
    }

    /// The same as the end of a command whose one JSON value tells it already.
    #[must_use]
    pub fn told_in(self, json: bool) -> Self {
        if json { Self::Told(Box::new(self)) } else { self }
    }

    /// The same, with what to do next where memory-api refused for what `field` of the request says.
    #[must_use]
    pub fn advised_on(mut self, field: &str, next: &'static str) -> Self {
        if let Self::Refused { refusal, advice, .. } = &mut self
            && refusal.violations.iter().any(|(violated, _)| violated == field)
        {
            *advice = Some(next);
        }
        self
    }

    /// The same, with what to do next where memory-api refused for `reason`.
    #[must_use]
    pub fn advised(mut self, reason: ErrorReason, next: &'static str) -> Self {
        if let Self::Refused { refusal, advice, .. } = &mut self
            && refusal.reason == reason
        {
            *advice = Some(next);
        }
        self
    }

    /// Why memory-api refused, where it did.
    pub fn reason(&self) -> Option<ErrorReason> {
        self.refusal().map(|refusal| refusal.reason)
    }

    /// Whether another file may still be taken after this.
    pub fn is_about_one_file(&self) -> bool {
        use ErrorReason as R;
        self.reason().is_some_and(|reason| {
            matches!(
                reason,
                R::InvalidPath
                    | R::InvalidText
                    | R::FileNotFound
                    | R::FileExists
                    | R::VersionConflict
                    | R::ExpectedVersionRequired
                    | R::ExcludedPath
                    | R::ReadOnlyScope
                    | R::QuotaExceeded
                    | R::MessageTooLarge
            )
        })
    }

    /// A fact that memory-api gave with its refusal.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.refusal().and_then(|refusal| refusal.facts.get(name)).map(String::as_str)
    }

    fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::Kept { cause, .. } => cause.refusal(),
            _ => None,
        }
    }

    /// Says it, to people on standard error or as JSON on standard output, and gives the exit code.
    pub fn report(&self, json: bool) -> ExitCode {
        let said = match self {
            // One value was printed already, and it says what is missing.
            Self::Told(_) if json => Ok(()),
            _ if json => output::json(&self.to_json()),
            _ => self.say(),
        };
        // Whoever closed the pipe has read enough; there is nobody left to tell of any other failure to write.
        match (self, said) {
            (Self::Output(error), _) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(EXIT_OK),
            _ => ExitCode::from(self.exit_code()),
        }
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unreachable { .. } | Self::TimedOut(_) => EXIT_UNAVAILABLE,
            Self::Settings(_) => EXIT_SETTINGS,
            Self::Usage(_) => EXIT_USAGE,
            Self::Pair(error) => error.exit_code(),
            Self::Interrupted | Self::Left(_) => EXIT_INTERRUPTED,
            Self::Told(failure) => failure.exit_code(),
            Self::Kept { cause, .. } => cause.exit_code(),
            _ if self.reason().is_some_and(memex_proto::reason::passes) => EXIT_UNAVAILABLE,
            _ => EXIT_REFUSED,
        }
    }

    fn say(&self) -> io::Result<()> {
        if matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            return Ok(());
        }
        let mut err = anstream::stderr().lock();
        let (head, reset) = (style::WRONG.render(), style::WRONG.render_reset());
        let word = if self.reason().is_some() { "refused" } else { "error" };
        writeln!(err, "{head}{word}:{reset} {}", output::safe(&self.to_string()))?;
        if let Some(refusal) = self.refusal() {
            for (name, value) in facts(refusal) {
                writeln!(err, "  {name}: {}", output::safe_line(value))?;
            }
            // Most refusals of one field are that field's rule, which stands above already.
            let said = |rule: &str| self.to_string().ends_with(rule);
            for (field, rule) in refusal.violations.iter().filter(|(_, rule)| !said(rule)) {
                writeln!(err, "  {}: {}", output::safe_line(field), output::safe_line(rule))?;
            }
        }
        if let Self::Kept { file, .. } = self {
            writeln!(err, "  your text is kept in: {}", output::safe_line(&file.display().to_string()))?;
        }
        match self.next_step() {
            Some(next) => writeln!(err, "next: {}", output::safe(&next)),
            None => Ok(()),
        }
    }

    /// What a person does next, where there is something.
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::Kept { next, .. } => Some(next.clone()),
            Self::Refused { advice: Some(advice), .. } => Some((*advice).to_owned()),
            Self::Refused { refusal, subject, user, .. } => next::step(refusal, subject.as_deref(), user.as_deref()),
            Self::Unreachable { .. } => Some(
                "start the pair with `memex up`, or say where it is: --endpoint, MEMEX_ENDPOINT, or `endpoint` in the \
                 settings file"
                    .to_owned(),
            ),
            Self::Foreign { code: Code::Unimplemented, .. } => {
                Some("see that memory-api has the version of this command: `memex --version`".to_owned())
            }
            _ => None,
        }
    }

    /// What stands in `error` of a JSON value that tells more than the failure.
    pub fn error_json(&self) -> Value {
        self.to_json()["error"].take()
    }

    /// The failure as `--json` prints it: `{"error": {…}}`.
    pub fn to_json(&self) -> Value {
        let (mut facts_json, mut violations, mut reason) = (Value::Object(Default::default()), Vec::new(), None);
        let code = match self {
            Self::Refused { refusal, .. } => {
                facts_json = facts(refusal).map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
                violations.extend(refusal.violations.iter().map(|(field, rule)| violation(field, rule)));
                reason = Some(short_name(refusal.reason));
                code_name(memex_proto::reason::code_of(refusal.reason))
            }
            Self::Foreign { code, .. } => code_name(*code),
            Self::Unreachable { .. } => "UNAVAILABLE",
            Self::TimedOut(_) => "DEADLINE_EXCEEDED",
            Self::Settings(mistakes) => {
                violations.extend(mistakes.iter().map(|mistake| violation(&mistake.setting, &mistake.problem)));
                "SETTINGS"
            }
            Self::Usage(_) => "USAGE",
            Self::Local { .. } | Self::Output(_) => "LOCAL",
            Self::Incomplete(_) => "INCOMPLETE",
            Self::Pair(_) => "PAIR",
            Self::Declined(_) => "DECLINED",
            Self::Interrupted | Self::Left(_) => "INTERRUPTED",
            Self::Told(failure) => return failure.to_json(),
            Self::Kept { cause, file, next } => {
                let mut told = cause.to_json();
                told["error"]["facts"]["kept_file"] = Value::from(file.display().to_string());
                told["error"]["next"] = Value::from(next.as_str());
                return told;
            }
        };
        json!({"error": {
            "code": code, "reason": reason, "message": self.to_string(), "facts": facts_json,
            "violations": violations, "next": self.next_step(),
        }})
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { refusal: Box::new(refusal), subject: None, user: None, advice: None }
    }
}

impl From<PairError> for Failure {
    fn from(error: PairError) -> Self {
        match error {
            PairError::Interrupted => Self::Interrupted,
            PairError::Settings(mistakes) => Self::Settings(mistakes),
            error => Self::Pair(Box::new(error)),
        }
    }
}

fn violation(field: &str, rule: &str) -> Value {
    json!({"field": field, "rule": rule})
}

/// The refusal's facts in order of their names.
fn facts(refusal: &Refusal) -> impl Iterator<Item = (&String, &String)> {
    let mut facts: Vec<_> = refusal.facts.iter().collect();
    facts.sort();
    facts.into_iter()
}
