//! What is done for each of the people: imported, dreamt over, exported, and looked at in the database.

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};
use memex_proto::v1::{Dream, DreamState, GetDreamRequest, StartDreamRequest};
use memex_stack::stack::Stack;
use serde_json::Value;
use tests::ask;
use tests::command::Memex;
use tests::hand::start_dream;

use crate::set::{Set, copy_folder};

/// The one log that a dream adds to.
const DREAM_LOG: &str = "user/dream-log.md";

/// How many users are worked for at once.
const AT_ONCE: usize = 4;

/// The people of a set in a stack.
pub struct People<'a> {
    pub stack: &'a Stack,
    pub memex: &'a Memex,
    pub set: &'a Set,
}

impl People<'_> {
    /// Imports everybody's folder by the real command.
    pub async fn import(&self) {
        let made = self.imported("created").await;
        assert_eq!(made, self.set.files(), "every file was new");
    }

    /// Gives the same command again: no file changes.
    pub async fn import_again(&self) {
        let unchanged = self.imported("unchanged").await;
        assert_eq!(unchanged, self.set.files(), "every file was there");
    }

    /// Imports, and gives of how many files that fate was.
    async fn imported(&self, fate: &str) -> i64 {
        let one = async |user: &String| {
            let dir = self.set.before().join(user);
            let report = self.memex.json(&["import", dir.to_str().unwrap(), "--user", user, "--hidden"]).await;
            let counts = &report["counts"];
            assert_eq!((&counts["refused"], &counts["skipped"]), (&Value::from(0), &Value::from(0)), "{report}");
            counts[fate].as_i64().unwrap_or_else(|| panic!("no count of {fate}: {report}"))
        };
        let counts: Vec<i64> = stream::iter(self.set.users()).map(one).buffer_unordered(AT_ONCE).collect().await;
        counts.iter().sum()
    }

    /// Exports everybody's memory by the real command, and makes of it what the scorer wants: with the shared files, and
    /// without a dream log where there was none, because a dream's own log is no memory.
    pub async fn export(&self, name: &str) {
        let one = async |user: &String| {
            let dir = self.set.exported(name).join(user);
            self.memex.json(&["export", dir.to_str().unwrap(), "--user", user]).await;
            let log = dir.join(DREAM_LOG);
            if log.exists() && !self.set.before().join(user).join(DREAM_LOG).exists() {
                std::fs::remove_file(log).unwrap();
            }
            let shared = self.set.before().join(user).join("shared");
            if shared.is_dir() {
                copy_folder(&shared, &dir.join("shared"));
            }
        };
        stream::iter(self.set.users()).map(one).buffer_unordered(AT_ONCE).collect::<()>().await;
    }

    /// How many revisions there are, everybody's and the shared files'.
    pub async fn revisions(&self) -> i64 {
        ask::number(self.stack.sql(), "SELECT count(*) FROM mx_revision", &[]).await
    }

    /// Dreams over everybody until no dream has anything left to do; gives how many dreams changed something.
    pub async fn dream_until_nothing_is_left(&self, most: usize) -> usize {
        let mut left: BTreeSet<&str> = self.set.users().iter().map(String::as_str).collect();
        let mut applied = 0;
        for _ in 0..most {
            for (user, dream) in self.dreams_of(left.iter().copied()).await {
                match dream.state() {
                    DreamState::Applied => applied += 1,
                    DreamState::Noop => {}
                    state => panic!("{user}'s dream ended {}: {dream:?}", state.as_str_name()),
                }
                if !dream.more {
                    left.remove(user.as_str());
                }
            }
            if left.is_empty() {
                return applied;
            }
        }
        panic!("after {most} dreams there is more to do for {left:?}");
    }

    /// Dreams over everybody once more, which finds nothing to do.
    pub async fn dream_in_vain(&self) {
        for (user, dream) in self.dreams_of(self.set.users().iter().map(String::as_str)).await {
            assert_eq!(dream.state(), DreamState::Noop, "{user}'s second dream: {dream:?}");
        }
    }

    /// Asks for a dream of each with the day of the set as today, lets two workers run them all, and gives how they ended.
    async fn dreams_of(&self, users: impl Iterator<Item = &str>) -> Vec<(String, Dream)> {
        let mut started = Vec::new();
        for user in users {
            let as_of = self.set.today().to_owned();
            let request = StartDreamRequest { user_id: user.to_owned(), as_of, ..StartDreamRequest::default() };
            started.push((user.to_owned(), start_dream(self.stack, request).await.dream_id));
        }
        let workers = ["one", "two"].map(|name| self.stack.worker_named(name, 0));
        let run = async |worker: &dream_worker::Driver| while worker.poll_once().await.unwrap() > 0 {};
        futures::join!(run(&workers[0]), run(&workers[1]));
        let mut ended = Vec::new();
        for (user, dream_id) in started {
            let answer = self.stack.operator().dream_admin.get_dream(GetDreamRequest { dream_id }).await.unwrap();
            ended.push((user, answer.into_inner().dream.unwrap()));
        }
        ended
    }

    /// What dreams wrote is in users' own files, in no log but the dream's own, whose every change adds to it; and each
    /// of their reads and writes stands in the access log.
    pub async fn only_their_own_files_were_touched(&self) {
        let sql = self.stack.sql();
        let outside = "SELECT count(*) FROM mx_revision r JOIN mx_scope s USING (scope_id)
                        WHERE r.dream_id IS NOT NULL AND (s.kind <> 1 OR NOT starts_with(r.path, 'user/'))";
        assert_eq!(ask::number(sql, outside, &[]).await, 0, "dreams wrote outside user/");
        let written = "SELECT DISTINCT r.path FROM mx_revision r JOIN mx_scope s USING (scope_id)
                        WHERE r.dream_id IS NOT NULL AND s.user_id = $1";
        for user in self.set.users() {
            let written = ask::lines(sql, written, &[user]).await;
            let protected = self.set.protected(user);
            let touched: Vec<_> = written.iter().filter(|path| protected.contains(path)).collect();
            let own: Vec<_> = protected.iter().filter(|path| *path == DREAM_LOG).collect();
            assert_eq!(touched, own, "{user}'s dreams touched what is not theirs, or left no line in their log");
        }
        let rewritten = "SELECT count(*) FROM mx_revision n JOIN mx_revision o
                           ON o.scope_id = n.scope_id AND o.path = n.path AND o.version = n.version - 1
                          WHERE n.path = $1 AND NOT starts_with(n.text, o.text)";
        assert_eq!(ask::number(sql, rewritten, &[DREAM_LOG]).await, 0, "a dream log was rewritten instead of added to");
        let unread = "SELECT count(*) FROM mx_dream d WHERE NOT EXISTS (SELECT FROM mx_access_log l
                        WHERE l.scope_id = d.scope_id AND l.dream_id = d.dream_id AND l.outcome = 1 AND l.path <> '')";
        assert_eq!(ask::number(sql, unread, &[]).await, 0, "a dream's reads stand in no access log");
    }
}
