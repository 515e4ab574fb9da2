//! Whom hostile messages are about: two users with files and dreams, made again whenever a message took them away.

use memex_core::keys::{KEYS, Level};
use memex_proto::v1::{
    CreateTokenRequest, DreamState, ErrorReason, ListRevisionsRequest, PauseUserRequest, ResumeUserRequest, Role,
    StopReason, UpdateConfigRequest, UpdateUserRequest,
};
use memex_stack::stack::{Clients, Stack};
use tests::hand::{HeldDream, claim, start_dream_of, worker};
use tests::refused::refused;
use tests::waiting::until;
use tests::{ask, messy};

use super::dice::Known;

/// The users: ada has a dream that was applied, bob one that waits, or that the worker holds.
const USERS: [&str; 2] = ["ada", "bob"];

pub struct Subject<'a> {
    stack: &'a Stack,
    operator: Clients,
    /// Where a worker's messages are sent: its clients.
    worker: Option<Clients>,
    /// Users whom the caller reaches.
    users: Vec<&'static str>,
    held: Option<HeldDream>,
    /// How often it was made.
    times: usize,
}

impl<'a> Subject<'a> {
    /// That of a caller with that role and token.
    pub fn of(stack: &'a Stack, role: Role, token: &str) -> Self {
        let worker = (role == Role::Worker).then(|| Clients::at(&stack.endpoint(), token));
        let users = USERS.into_iter().filter(|user| match role {
            Role::Worker => *user == "bob",
            Role::Agent => *user == "ada",
            _ => true,
        });
        Self { stack, operator: stack.operator(), worker, users: users.collect(), held: None, times: 0 }
    }

    /// The dream that the worker holds, and its fence.
    pub fn held(&self) -> Option<(&str, i64)> {
        self.held.as_ref().map(|held| (held.assignment.dream_id.as_str(), held.assignment.fence))
    }

    /// Whether both users have their first file and bob has his dream; and where the messages are for a person who decides,
    /// whether ada has a proposal. Renews the worker's lease.
    pub async fn stands(&self, decides: bool) -> bool {
        let files = "SELECT count(*) FROM mx_scope s JOIN mx_file f USING (scope_id)
                      WHERE s.user_id IN ('ada', 'bob') AND NOT s.erasing AND f.path = 'user/a.md' AND NOT f.deleted";
        let waits = "SELECT count(*) FROM mx_dream d JOIN mx_scope s USING (scope_id) WHERE s.user_id = 'bob' AND d.state = 'requested'";
        let dream = match &self.held {
            Some(held) => held.renew().await.unwrap().stop() == StopReason::Unspecified,
            None => ask::number(self.stack.sql(), waits, &[]).await == 1,
        };
        let proposed = "SELECT count(*) FROM mx_dream d JOIN mx_scope s USING (scope_id) WHERE s.user_id = 'ada' AND d.state = 'proposed'";
        let waits = !decides || ask::number(self.stack.sql(), proposed, &[]).await == 1;
        dream && waits && ask::number(self.stack.sql(), files, &[]).await == 2
    }

    /// Makes everything anew, whatever there is of it; gives what can be known of it. For a person who decides, ada has a
    /// proposal too.
    pub async fn make(&mut self, decides: bool) -> Known {
        self.times += 1;
        self.reset_keys().await;
        let (mut version, mut of_ada) = (0, 0);
        for user in USERS {
            let made = self.make_user(user).await;
            version = if self.users.contains(&user) { made } else { version };
            of_ada = if user == "ada" { made } else { of_ada };
        }
        let applied = start_dream_of(self.stack, "ada").await.dream_id;
        self.stack.worker().poll_once().await.unwrap();
        let proposed = if decides { Some(self.proposal(of_ada).await) } else { None };
        let waits = start_dream_of(self.stack, "bob").await.dream_id;
        self.held = None;
        if let Some(worker) = &self.worker {
            self.held = claim(worker, 10).await.into_iter().find(|held| held.assignment.user_id == "bob");
            assert!(self.held.is_some(), "bob's dream is there to be claimed");
        }
        let token = CreateTokenRequest { role: Role::Auditor.into(), ..CreateTokenRequest::default() };
        let token = self.operator.admin.create_token(token).await.unwrap().into_inner().token_id;
        let of_ada = ListRevisionsRequest { user_id: "ada".into(), page_size: 12, ..ListRevisionsRequest::default() };
        let revisions = self.operator.history.list_revisions(of_ada).await.unwrap().into_inner().revisions;
        Known {
            users: self.users.clone(),
            revisions: revisions.into_iter().map(|revision| revision.revision_id).collect(),
            dreams: [applied, waits].into_iter().chain(proposed).collect(),
            tokens: vec![token],
            fence: self.held().map_or(1, |(_, fence)| fence),
            within_a_dream: self.held.is_some(),
            version,
        }
    }

    /// A dream of ada's that waits for a person: it would change her first file.
    async fn proposal(&self, version: i64) -> String {
        start_dream_of(self.stack, "ada").await;
        let by_hand = worker(self.stack, 1).await.remove(0);
        let claimed = claim(&by_hand, 10).await.into_iter().find(|held| held.assignment.user_id == "ada");
        let held = claimed.expect("ada's dream is there to be claimed");
        held.stage("user/a.md", "# Notes\n\n- One.\n", version).await.unwrap();
        assert_eq!(held.ends().await, DreamState::Proposed);
        held.assignment.dream_id
    }

    async fn reset_keys(&mut self) {
        let at_workspace = KEYS.iter().filter(|key| key.is_set_at(Level::Workspace) && key.name != "dream_enabled");
        let request = UpdateConfigRequest {
            values: [("dream_enabled".to_owned(), "true".to_owned())].into(),
            reset_keys: at_workspace.map(|key| key.name.to_owned()).collect(),
            ..UpdateConfigRequest::default()
        };
        self.operator.admin.update_config(request).await.unwrap();
    }

    /// A user with files, no keys of their own, and no dream that waits or runs; gives the version of the first file.
    async fn make_user(&mut self, user: &str) -> i64 {
        self.readmit(user).await;
        let mut versions = Vec::new();
        let text = format!("# Notes\n\n- One.\n- Two.\n- Made {} times.\n", self.times);
        for (path, text) in [("user/a.md", text.as_str()), ("user/b.md", &text)].into_iter().chain(messy::FILES) {
            let written = self.operator.write(path, text).of(user).overwrite().await.unwrap();
            versions.push(written.file.unwrap().version);
        }
        let at_user = KEYS.iter().filter(|key| key.is_set_at(Level::User));
        let keys = UpdateUserRequest {
            user_id: user.into(),
            reset_keys: at_user.map(|key| key.name.to_owned()).collect(),
            ..UpdateUserRequest::default()
        };
        self.operator.admin.update_user(keys).await.unwrap();
        self.end_dream(user).await;
        let resume = ResumeUserRequest { user_id: user.into(), ..ResumeUserRequest::default() };
        self.operator.admin.resume_user(resume).await.unwrap();
        versions[0]
    }

    /// Lets an erased user come again.
    async fn readmit(&mut self, user: &str) {
        let running = "SELECT count(*) FROM mx_erasure WHERE done_at IS NULL";
        let sql = self.stack.sql();
        until("erasures are done", async || (ask::number(sql, running, &[]).await == 0).then_some(())).await;
        let readmit = UpdateUserRequest { user_id: user.into(), readmit: true, ..UpdateUserRequest::default() };
        if let Err(status) = self.operator.admin.update_user(readmit).await {
            assert_eq!(refused::<()>(Err(status)), ErrorReason::WrongState, "{user} was not erased");
        }
    }

    /// Ends a dream that waits or runs, as a pause does.
    async fn end_dream(&mut self, user: &str) {
        let pause = PauseUserRequest { user_id: user.into(), ..PauseUserRequest::default() };
        self.operator.admin.pause_user(pause).await.unwrap();
    }

    /// Leaves no lease held.
    pub async fn end(mut self) {
        self.make(false).await;
        for user in USERS {
            self.end_dream(user).await;
        }
    }
}
