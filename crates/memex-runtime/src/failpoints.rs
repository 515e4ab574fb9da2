//! Failpoints for tests: named points at which a service can be made to die, to wait or to panic.
//!
//! They exist only under the cargo feature `test-doors`; without it [`pass`] is empty. `MEMEX_FAILPOINT=before_reply`
//! aborts the process at that point; `MEMEX_FAILPOINT=before_reply:skip:7` lets seven calls pass first;
//! `MEMEX_FAILPOINT=before_reply:pause:FILE` makes `FILE.reached` and waits there until `FILE` exists, so that a test
//! can act meanwhile; `MEMEX_FAILPOINT=before_reply:panic` makes each call panic there.

#[cfg(any(test, feature = "test-doors"))]
mod armed;

#[cfg(any(test, feature = "test-doors"))]
pub use armed::pass;

/// Does nothing: this build has no failpoints.
#[cfg(not(any(test, feature = "test-doors")))]
#[inline(always)]
pub async fn pass(_: Point) {}

/// A point at which a test lets a service die, wait or panic: six points of memory-api, then eight of dream-worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A caller is known; their call is not handled yet.
    InACall,
    /// A change of a file is decided on; its statement was not sent.
    BeforeStatement,
    /// A change of a file is committed; its caller was not answered.
    BeforeReply,
    /// A changeset is adopted within its transaction; that was not committed.
    BeforeAdoption,
    /// An adoption is committed; the worker was not answered.
    AfterAdoption,
    /// An erasure was begun; its next rows are not deleted yet.
    BeforeErasureBatch,
    /// A dream was claimed; nothing was read.
    Claimed,
    /// The first batch of files was read.
    FirstRead,
    /// The first op is about to be staged.
    FirstStage,
    /// At least one op was staged, and the dream is not finished.
    MidStage,
    /// All ops are staged; FinishDream was not sent.
    BeforeFinish,
    /// FinishDream was answered.
    AfterFinish,
    /// A renewal is about to be sent.
    InRenewal,
    /// The worker was told to end.
    InDrain,
}
