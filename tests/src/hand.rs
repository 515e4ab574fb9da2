//! A worker by hand: a test claims, reads, stages and finishes when it wants to.

use std::time::Duration;

use memex_proto::v1::{
    ClaimDreamsRequest, DreamAssignment, DreamState, Edit, File, FileContent, FinishDreamRequest, FinishDreamResponse,
    FinishOutcome, LineRange, PatchFileRequest, ReadFileRequest, RenewLeaseRequest, RenewLeaseResponse, Source,
    StartDreamRequest, Treatment, TreatmentKind, TreatmentSource, WriteFileRequest, edit::Kind,
    write_file_request::Precondition,
};
use memex_proto::v1::{DeleteLines, Dream};
use memex_proto::{DREAM_FENCE_METADATA, DREAM_ID_METADATA};
use memex_stack::stack::{Clients, Stack};
use tonic::{Request, Status};

use crate::waiting::insisted;

/// Longer than the back-off after a first failure, and shorter than that after a third.
pub const BACK_OFF: Duration = Duration::from_secs(180);

/// Asks for a dream now, as the operator.
///
/// # Panics
/// Where it is refused.
pub async fn start_dream(stack: &Stack, request: StartDreamRequest) -> Dream {
    let answer = stack.operator().dream_admin.clone().start_dream(request).await;
    answer.expect("a dream can be started").into_inner().dream.expect("the answer has the dream")
}

/// The same with nothing but a user.
pub async fn start_dream_of(stack: &Stack, user: &str) -> Dream {
    start_dream(stack, StartDreamRequest { user_id: user.to_owned(), ..StartDreamRequest::default() }).await
}

/// One worker, at every memory-api of the stack: the same token, another connection each.
pub async fn worker(stack: &Stack, replicas: usize) -> Vec<Clients> {
    let token = crate::ask::worker_token(stack).await;
    (0..replicas).map(|replica| Clients::at(&stack.endpoint_of(replica), &token)).collect()
}

/// Claims as many as `max` dreams with a worker's clients.
///
/// # Panics
/// Where the claim fails.
pub async fn claim(worker: &Clients, max: i32) -> Vec<HeldDream> {
    let request = ClaimDreamsRequest { worker_name: "by hand".to_owned(), max };
    // A worker that is told to wait comes again.
    let claimed = insisted(|| {
        let (mut dream, request) = (worker.dream.clone(), request.clone());
        async move { dream.claim_dreams(request).await }
    });
    let claimed = claimed.await.expect("a worker may claim").into_inner();
    claimed.assignments.into_iter().map(|assignment| HeldDream { worker: worker.clone(), assignment }).collect()
}

/// Claims the one dream that there is.
///
/// # Panics
/// Where there is none, or another.
pub async fn claim_one(worker: &Clients) -> HeldDream {
    let mut claimed = claim(worker, 10).await;
    assert_eq!(claimed.len(), 1, "one dream was to be claimed");
    claimed.remove(0)
}

/// Says of an op that it tidied.
pub fn tidied() -> Treatment {
    Treatment { kind: TreatmentKind::Tidy.into(), ..Treatment::default() }
}

/// Says of an op that `line` went, because another one says the same: its path, its version and its number.
pub fn dropped(line: i32, (path, version, kept): (&str, i64, i32)) -> Treatment {
    let lines = |line| Some(LineRange { first: line, last: line });
    Treatment {
        kind: TreatmentKind::DropDuplicate.into(),
        before: lines(line),
        after: None,
        sources: vec![TreatmentSource { path: path.to_owned(), version, lines: lines(kept) }],
    }
}

/// A dream that was claimed, held or no longer held.
#[derive(Debug, Clone)]
pub struct HeldDream {
    /// The clients of the worker that holds it.
    pub worker: Clients,
    /// What the claim said.
    pub assignment: DreamAssignment,
}

impl HeldDream {
    /// The same dream, called through other clients.
    pub fn through(&self, worker: &Clients) -> Self {
        Self { worker: worker.clone(), assignment: self.assignment.clone() }
    }

    /// Reads a file within the dream.
    ///
    /// # Errors
    /// As ReadFile.
    pub async fn read(&self, path: &str) -> Result<FileContent, Status> {
        let request = ReadFileRequest { user_id: self.user(), path: path.to_owned(), ..ReadFileRequest::default() };
        let answer = self.worker.memory.clone().read_file(self.within(request)).await?;
        Ok(answer.into_inner().file.unwrap_or_default())
    }

    /// Stages a whole text at a version, as if it only tidied.
    ///
    /// # Errors
    /// As WriteFile.
    pub async fn stage(&self, path: &str, text: &str, expected_version: i64) -> Result<File, Status> {
        self.stage_as(path, text, expected_version, vec![tidied()]).await
    }

    /// Stages a whole text at a version, with what is said of it, as if the person had written it.
    ///
    /// # Errors
    /// As WriteFile.
    pub async fn stage_as(
        &self,
        path: &str,
        text: &str,
        expected_version: i64,
        treatments: Vec<Treatment>,
    ) -> Result<File, Status> {
        let request = WriteFileRequest {
            user_id: self.user(),
            path: path.to_owned(),
            content: text.to_owned(),
            precondition: Some(Precondition::ExpectedVersion(expected_version)),
            reason: "tidied".to_owned(),
            source: Source::User.into(),
            treatments,
            ..WriteFileRequest::default()
        };
        let answer = self.worker.memory.clone().write_file(self.within(request)).await?;
        Ok(answer.into_inner().file.unwrap_or_default())
    }

    /// Stages that `line` of a file at version 1 goes, because `kept` of the same file says the same.
    ///
    /// # Errors
    /// As PatchFile.
    pub async fn drop_duplicate(&self, path: &str, line: i32, kept: i32, text: &str) -> Result<File, Status> {
        self.drop_for((path, 1, line), (path, 1, kept), text).await
    }

    /// Stages that a line goes, because another one says the same. Each is a path, a version and a line's number.
    ///
    /// # Errors
    /// As PatchFile.
    pub async fn drop_for(
        &self,
        (path, version, line): (&str, i64, i32),
        kept: (&str, i64, i32),
        text: &str,
    ) -> Result<File, Status> {
        let delete = DeleteLines { first_line: line, last_line: line, expected: text.to_owned() };
        let request = PatchFileRequest {
            user_id: self.user(),
            path: path.to_owned(),
            edits: vec![Edit { kind: Some(Kind::DeleteLines(delete)) }],
            expected_version: Some(version),
            reason: "the same stands twice".to_owned(),
            treatments: vec![dropped(line, kept)],
            ..PatchFileRequest::default()
        };
        let answer = self.worker.memory.clone().patch_file(self.within(request)).await?;
        Ok(answer.into_inner().file.unwrap_or_default())
    }

    /// Stages what cleans one statement of [`messy::FILES`](crate::messy::FILES).
    ///
    /// # Errors
    /// As PatchFile.
    pub async fn clean(&self) -> Result<File, Status> {
        self.drop_duplicate("user/notes.md", 5, 3, crate::messy::TWICE).await
    }

    /// Renews the lease.
    ///
    /// # Errors
    /// As RenewLease.
    pub async fn renew(&self) -> Result<RenewLeaseResponse, Status> {
        let DreamAssignment { dream_id, fence, .. } = self.assignment.clone();
        Ok(self.worker.dream.clone().renew_lease(RenewLeaseRequest { dream_id, fence }).await?.into_inner())
    }

    /// Finishes the dream: everything was looked at.
    ///
    /// # Errors
    /// As FinishDream.
    pub async fn finish(&self) -> Result<FinishDreamResponse, Status> {
        self.finish_as(FinishOutcome::Complete).await
    }

    /// Finishes the dream.
    ///
    /// # Errors
    /// As FinishDream.
    pub async fn finish_as(&self, outcome: FinishOutcome) -> Result<FinishDreamResponse, Status> {
        self.finish_with(FinishDreamRequest { outcome: outcome.into(), ..FinishDreamRequest::default() }).await
    }

    /// Finishes the dream with its work not done: these paths are left.
    ///
    /// # Errors
    /// As FinishDream.
    pub async fn leaves(&self, paths: &[&str]) -> Result<FinishDreamResponse, Status> {
        let left = paths.iter().map(|path| (*path).to_owned()).collect();
        let outcome = FinishOutcome::More.into();
        self.finish_with(FinishDreamRequest { outcome, left, ..FinishDreamRequest::default() }).await
    }

    /// Finishes the dream as `end` says.
    ///
    /// # Errors
    /// As FinishDream.
    pub async fn finish_with(&self, end: FinishDreamRequest) -> Result<FinishDreamResponse, Status> {
        let DreamAssignment { dream_id, fence, .. } = self.assignment.clone();
        let request = FinishDreamRequest { dream_id, fence, ..end };
        Ok(self.worker.dream.clone().finish_dream(request).await?.into_inner())
    }

    /// How the dream ended when it was finished.
    ///
    /// # Panics
    /// Where it cannot be finished.
    pub async fn ends(&self) -> DreamState {
        self.finish().await.expect("the dream can be finished").state()
    }

    fn user(&self) -> String {
        self.assignment.user_id.clone()
    }

    /// A call of the dream's worker, said to be within the dream.
    ///
    /// # Panics
    /// Where the dream's id is nothing that a header can be.
    pub fn within<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let id = self.assignment.dream_id.parse().expect("a dream's id can be metadata");
        request.metadata_mut().insert(DREAM_ID_METADATA, id);
        request.metadata_mut().insert(DREAM_FENCE_METADATA, self.assignment.fence.into());
        request
    }
}
