//! The script's dreams: started, listed, decided about, watched.

use std::collections::VecDeque;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use memex_proto::v1::dream_admin_service_server::DreamAdminService;
use memex_proto::v1::*;
use tonic::{Request, Response, Status};

use super::{Script, answered};

/// What is answered about decisions, watches and the status, and what was asked.
#[derive(Default)]
pub struct DecisionLines {
    /// The listings of dreams that came.
    pub listings: Vec<ListDreamsRequest>,
    /// What the next ApproveDream, RejectDream and CancelDream calls are answered: OK is done; then each is.
    pub answers: VecDeque<Status>,
    /// The approvals that came.
    pub approvals: Vec<ApproveDreamRequest>,
    /// The proposal that holds what is left where an approval names files.
    pub rest: Option<Dream>,
    /// The rejections that came.
    pub rejections: Vec<RejectDreamRequest>,
    /// The cancellations that came.
    pub cancellations: Vec<CancelDreamRequest>,
    /// One watch after the other: what each sends before it ends; with none left, a watch stays open.
    pub watches: VecDeque<Vec<Result<WatchDreamResponse, Status>>>,
    /// How many watches came.
    pub watched: usize,
    /// What GetStatus gives.
    pub status: GetStatusResponse,
    /// How often GetStatus was asked.
    pub looks: usize,
}

fn ended(dream_id: &str, state: DreamState) -> Dream {
    Dream { dream_id: dream_id.to_owned(), state: state.into(), ..Dream::default() }
}

impl Script {
    fn dream(&self) -> Dream {
        let mut lines = self.lines();
        let state = if lines.dream_states.len() > 1 { lines.dream_states.pop_front() } else { None };
        let state = state.or(lines.dream_states.front().copied()).unwrap_or(DreamState::Requested);
        Dream { dream_id: "drm_1".to_owned(), state: state.into(), cause: "as scripted".to_owned(), ..Dream::default() }
    }

    /// The listed dream of this id, or the rest of an approval, else the one that is scripted.
    fn changeset_of(&self, dream_id: &str) -> Dream {
        let listed = {
            let lines = self.lines();
            let mut all = lines.dreams.iter().chain(&lines.decisions.rest);
            all.find(|dream| dream.dream_id == dream_id).cloned()
        };
        listed.unwrap_or_else(|| self.dream())
    }
}

#[tonic::async_trait]
impl DreamAdminService for Script {
    type WatchDreamStream = BoxStream<'static, Result<WatchDreamResponse, Status>>;

    async fn start_dream(&self, asked: Request<StartDreamRequest>) -> Result<Response<StartDreamResponse>, Status> {
        let scripted = self.scripted(|lines| {
            lines.started = Some(asked.metadata().clone());
            lines.start_answers.pop_front()
        });
        answered(scripted, StartDreamResponse { dream: Some(self.dream()), created: true }).await
    }

    async fn get_dream(&self, _: Request<GetDreamRequest>) -> Result<Response<GetDreamResponse>, Status> {
        Ok(Response::new(GetDreamResponse { dream: Some(self.dream()) }))
    }

    async fn list_dreams(&self, asked: Request<ListDreamsRequest>) -> Result<Response<ListDreamsResponse>, Status> {
        let mut lines = self.lines();
        lines.decisions.listings.push(asked.into_inner());
        let dreams = lines.dreams.clone();
        Ok(Response::new(ListDreamsResponse { dreams, next_page_token: String::new() }))
    }

    async fn get_changeset(
        &self,
        asked: Request<GetChangesetRequest>,
    ) -> Result<Response<GetChangesetResponse>, Status> {
        let dream = self.changeset_of(&asked.into_inner().dream_id);
        let changeset = self.lines().changeset.clone();
        Ok(Response::new(GetChangesetResponse { dream: Some(dream), ..changeset }))
    }

    async fn unpark_user(&self, asked: Request<UnparkUserRequest>) -> Result<Response<UnparkUserResponse>, Status> {
        let changed =
            self.lines().admin.users.iter().any(|user| user.user_id == asked.get_ref().user_id && user.parked);
        Ok(Response::new(UnparkUserResponse { changed, due_at: None }))
    }

    async fn revert_dream(&self, _: Request<RevertDreamRequest>) -> Result<Response<RevertDreamResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn approve_dream(
        &self,
        asked: Request<ApproveDreamRequest>,
    ) -> Result<Response<ApproveDreamResponse>, Status> {
        let asked = asked.into_inner();
        let dream = Some(ended(&asked.dream_id, DreamState::Applied));
        let rest = (!asked.paths.is_empty()).then(|| self.lines().decisions.rest.clone()).flatten();
        let scripted = self.scripted(|lines| {
            lines.decisions.approvals.push(asked);
            lines.decisions.answers.pop_front()
        });
        let revision = Revision { path: "user/a.md".to_owned(), version: 3, ..Revision::default() };
        answered(scripted, ApproveDreamResponse { dream, revisions: vec![revision], rest }).await
    }

    async fn reject_dream(&self, asked: Request<RejectDreamRequest>) -> Result<Response<RejectDreamResponse>, Status> {
        let asked = asked.into_inner();
        let dream = Some(ended(&asked.dream_id, DreamState::Rejected));
        let scripted = self.scripted(|lines| {
            lines.decisions.rejections.push(asked);
            lines.decisions.answers.pop_front()
        });
        answered(scripted, RejectDreamResponse { dream }).await
    }

    async fn cancel_dream(&self, asked: Request<CancelDreamRequest>) -> Result<Response<CancelDreamResponse>, Status> {
        let asked = asked.into_inner();
        let dream = Some(ended(&asked.dream_id, DreamState::Canceled));
        let scripted = self.scripted(|lines| {
            lines.decisions.cancellations.push(asked);
            lines.decisions.answers.pop_front()
        });
        answered(scripted, CancelDreamResponse { dream }).await
    }

    async fn watch_dream(&self, _: Request<WatchDreamRequest>) -> Result<Response<Self::WatchDreamStream>, Status> {
        let mut lines = self.lines();
        lines.decisions.watched += 1;
        Ok(Response::new(match lines.decisions.watches.pop_front() {
            Some(events) => stream::iter(events).boxed(),
            None => stream::pending().boxed(),
        }))
    }

    async fn get_status(&self, _: Request<GetStatusRequest>) -> Result<Response<GetStatusResponse>, Status> {
        let mut lines = self.lines();
        lines.decisions.looks += 1;
        Ok(Response::new(lines.decisions.status.clone()))
    }
}
