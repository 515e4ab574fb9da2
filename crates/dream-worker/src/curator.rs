//! Who decides the ops of a dream: one trait, so that the protocol around it is the same for all.

mod builtin;
mod stage;

use std::sync::Arc;

use chrono::NaiveDate;
use futures::future::BoxFuture;
use memex_curation::SourceFile;
use memex_proto::v1::Curator as CuratorKind;
use tokio_util::sync::CancellationToken;

pub use builtin::Builtin;
pub use stage::{Stage, Staged};

/// What a curator sees of a user.
#[derive(Debug, Clone)]
pub struct View {
    /// The files that the read budget had room for.
    pub files: Vec<SourceFile>,
    /// The day to take for today.
    pub today: NaiveDate,
    /// What a person asked to look at; may be empty.
    pub instructions: String,
    /// Probable copies alone are wanted.
    pub near: bool,
    /// Parts of a context that say nothing in the user's workspace.
    pub neutral: Vec<String>,
    /// The read budget had no room for all files.
    pub partial: bool,
}

/// Why a curator did not come to its end. The text is shown to people and never has content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CuratorError {
    /// It broke off. Its panic's text may quote memory, so it is not kept.
    #[error("the curator panicked")]
    Panicked,
    /// The stage said that the dream cannot go on.
    #[error("the dream cannot go on")]
    Interrupted,
    /// The dream asks for a curator that this worker does not have.
    #[error("the {0} curator is not part of this build")]
    NotInThisBuild(&'static str),
}

/// The resources that a curator used besides the stage's budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Tokens that a model read and wrote.
    pub model_tokens: u64,
}

/// Decides the ops of one dream.
pub trait Curator: std::fmt::Debug + Send + Sync + 'static {
    /// Puts ops on the stage, one after another; the stage answers each. Any prefix of them must be safe by
    /// itself: the budget or the time may end anywhere, memory-api may refuse one, and what was staged then stands. At
    /// most one op a file, because its line numbers speak of the snapshot. `stop` is cancelled when the dream is over;
    /// nothing more is then wanted.
    ///
    /// # Errors
    /// The curator hands on each error of [`Stage::put`]. Any other error ends the dream as failed, and nothing of it is adopted.
    fn curate<'a>(
        &'a self,
        view: View,
        stage: &'a mut Stage<'_>,
        stop: CancellationToken,
    ) -> BoxFuture<'a, Result<Spent, CuratorError>>;
}

/// The curators that a worker has.
#[derive(Debug, Clone)]
pub(crate) struct Curators {
    pub(crate) builtin: Arc<dyn Curator>,
}

impl Default for Curators {
    fn default() -> Self {
        Self { builtin: Arc::new(Builtin) }
    }
}

impl Curators {
    /// The curator of that kind; one that is not named is the default.
    ///
    /// # Errors
    /// [`CuratorError::NotInThisBuild`].
    pub(crate) fn of(&self, kind: CuratorKind) -> Result<&dyn Curator, CuratorError> {
        match kind {
            CuratorKind::Builtin | CuratorKind::Unspecified => Ok(self.builtin.as_ref()),
            CuratorKind::Llm => Err(CuratorError::NotInThisBuild("llm")),
        }
    }
}
