//! What a worker that is not ours gets adopted: what was judged, one revision a file, and nothing that it only says.

use std::collections::BTreeMap;

use memex_curation::ledger::Rule;
use memex_proto::v1::{DreamState, ErrorReason, Source};
use memex_stack::stack::{Stack, User};
use tests::ask;
use tests::hand::{self, HeldDream, dropped, tidied};
use tests::refused::refused;

/// A user whose dream a worker by hand holds, and what stood there before.
struct Scene<'a> {
    stack: &'a Stack,
    user: User,
    held: HeldDream,
    files: BTreeMap<String, String>,
    revisions: i64,
}

impl<'a> Scene<'a> {
    async fn of(stack: &'a Stack, user: &str, files: &[(&str, &str)]) -> Self {
        let said: Vec<_> = files.iter().map(|&(path, text)| (path, text, Source::Agent)).collect();
        Self::said(stack, user, &said).await
    }

    /// The same with who said what.
    async fn said(stack: &'a Stack, user: &str, files: &[(&str, &str, Source)]) -> Self {
        let user = stack.user(user).await;
        for &(path, text, source) in files {
            user.agent().write(path, text).at(0).source(source).await.unwrap();
        }
        hand::start_dream_of(stack, user.id()).await;
        let held = hand::claim_one(&hand::worker(stack, 1).await[0]).await;
        let (files, revisions) = (user.files().await, ask::revisions(stack, user.id()).await);
        Self { stack, user, held, files, revisions }
    }

    /// Stages that a line goes because another says the same; both as `(path, line)`.
    async fn drops(&self, (path, line): (&str, i32), kept: (&str, i32)) {
        let text = self.files[path].lines().nth(usize::try_from(line).unwrap() - 1).unwrap();
        self.held.drop_for((path, 1, line), (kept.0, 1, kept.1), text).await.unwrap();
    }

    async fn is_as_it_was(&self, what: &str) {
        assert_eq!(self.user.files().await, self.files, "{what}");
        assert_eq!(ask::revisions(self.stack, self.user.id()).await, self.revisions, "{what}");
    }

    /// Finishes: the rule is broken at that path, nothing is adopted, and no revision came.
    async fn breaks(&self, rule: Rule, path: &str, what: &str) {
        let ended = self.held.finish().await.unwrap();
        assert_eq!(ended.state(), DreamState::Proposed, "{what}: {ended:?}");
        let broken = |one: &memex_proto::v1::DreamViolation| one.path == path && one.rule == rule.as_str();
        assert!(ended.violations.iter().any(broken), "{what}: {:?}", ended.violations);
        self.is_as_it_was(what).await;
    }

    /// Finishes: these files have these texts, one revision more each, the dream log has its line, and nothing else changed.
    async fn is_adopted(&self, changed: &[(&str, &str)], what: &str) {
        let ended = self.held.finish().await.unwrap();
        assert_eq!(ended.state(), DreamState::Applied, "{what}: {ended:?}");
        let mut expected = self.files.clone();
        for &(path, text) in changed {
            expected.insert(path.to_owned(), text.to_owned());
            let revisions = "SELECT count(*) FROM mx_revision r JOIN mx_scope s USING (scope_id)
                              WHERE s.user_id = $1 AND r.path = $2 AND r.dream_id IS NOT NULL";
            assert_eq!(ask::number(self.stack.sql(), revisions, &[self.user.id(), path]).await, 1, "{what}");
        }
        let mut after = self.user.files().await;
        assert!(after.remove("user/dream-log.md").is_some(), "{what}");
        assert_eq!(after, expected, "{what}");
        let revisions = self.revisions + i64::try_from(changed.len()).unwrap() + 1;
        assert_eq!(ask::revisions(self.stack, self.user.id()).await, revisions, "{what}");
    }
}

const BEN: &str = "# Ben\n\n- Ben speaks Danish.\n- Ben owns a cello.\n- Ben speaks Danish.\n- Ben owns a cello.\n";

const ONCE: &str = "# Ben\n\n- Ben speaks Danish.\n- Ben owns a cello.\n";

const INVENTED: &str = "- Ben has lent Tom the rent of a year.\n";

#[tokio::test]
async fn what_stands_only_between_two_ops_comes_into_no_revision() {
    let stack = Stack::start().await;
    // Taken back: nothing changed.
    let scene = Scene::of(&stack, "ada", &[("user/ben.md", BEN)]).await;
    scene.held.stage("user/ben.md", &format!("{BEN}{INVENTED}"), 1).await.unwrap();
    scene.held.stage("user/ben.md", BEN, 2).await.unwrap();
    assert_eq!(scene.held.ends().await, DreamState::Noop);
    scene.is_as_it_was("taken back").await;

    // Taken back beside what is right: only that is adopted, as one revision.
    let tom = "# Tom\n\n- Tom speaks Danish.\n";
    let scene = Scene::of(&stack, "bob", &[("user/ben.md", BEN), ("user/tom.md", tom)]).await;
    scene.held.stage("user/ben.md", &format!("{BEN}{INVENTED}"), 1).await.unwrap();
    scene.held.stage("user/tom.md", &format!("{tom}{INVENTED}"), 1).await.unwrap();
    let ground = |line, kept| dropped(line, ("user/ben.md", 1, kept));
    scene.held.stage_as("user/ben.md", ONCE, 2, vec![ground(5, 3), ground(6, 4)]).await.unwrap();
    scene.held.stage("user/tom.md", tom, 2).await.unwrap();
    scene.is_adopted(&[("user/ben.md", ONCE)], "taken back beside a drop").await;

    // A new file that is filled and emptied again is a file all the same.
    let scene = Scene::of(&stack, "cleo", &[("user/ben.md", ONCE)]).await;
    scene.held.stage("user/tom.md", INVENTED, 0).await.unwrap();
    scene.held.stage("user/tom.md", "", 1).await.unwrap();
    scene.breaks(Rule::FileMade, "user/tom.md", "a file between two ops").await;

    let said = "SELECT count(*) FROM mx_revision WHERE strpos(text, $1) > 0";
    assert_eq!(ask::number(stack.sql(), said, &[INVENTED.trim()]).await, 0);
    stack.finish().await;
}

#[tokio::test]
async fn several_ops_of_one_file_are_adopted_as_one_revision_of_it() {
    let stack = Stack::start().await;
    let scene =
        Scene::of(&stack, "ada", &[("user/ben.md", BEN), ("user/tom.md", "- Tom sails.\n\n\n- Tom is tall.\n")]).await;
    let without_fifth = "# Ben\n\n- Ben speaks Danish.\n- Ben owns a cello.\n- Ben owns a cello.\n";
    scene.held.stage_as("user/ben.md", without_fifth, 1, vec![dropped(5, ("user/ben.md", 1, 3))]).await.unwrap();
    scene.held.stage("user/tom.md", "- Tom sails.\n\n- Tom is tall.\n", 1).await.unwrap();
    scene.held.stage_as("user/ben.md", ONCE, 2, vec![dropped(5, ("user/ben.md", 1, 4))]).await.unwrap();
    scene.is_adopted(&[("user/ben.md", ONCE), ("user/tom.md", "- Tom sails.\n\n- Tom is tall.\n")], "two ops").await;
    stack.finish().await;
}

/// Files whose white space and marks tell something, and what a worker makes of them under the name of tidying.
const TOLD_OTHERWISE: [(&str, &str, &str); 11] = [
    (
        "user/pan.md",
        "Begin with step 2 if the pan is hot.\n\n1. heat the oil\n2. fry the onions\n",
        "Begin with step 2 if the pan is hot.\n\n2. heat the oil\n3. fry the onions\n",
    ),
    ("user/crew.md", "Tom does not sail # All of the crew\n", "Tom does not sail\r# All of the crew\n"),
    ("user/card.md", "- Tom Berg\n  Harbour Road 7\n  Bergen\n", "- Tom Berg Harbour Road 7 Bergen\n"),
    ("user/boat.md", "- The boat of Tom\n- leaks\n", "- The boat of Tom\n  - leaks\n"),
    ("user/half.md", "- Tom sails\n  on Sundays\n", "- Tom sails\n- on Sundays\n"),
    ("user/gap.md", "Tom sails.\nTom rows.\n", "Tom sails.\n\nTom rows.\n"),
    ("user/wide.md", "- Tom  sails.\n", "- Tom sails.\n"),
    ("user/open.md", "- [ ] Tom sails.\n", "- [x] Tom sails.\n"),
    ("user/hidden.md", "- Tom sails.\n", "- Tom sails.\u{200B}\n"),
    ("user/case.md", "- Tom likes Polish food.\n", "- Tom likes polish food.\n"),
    ("user/order.md", "- Tom sails.\n- Tom rows.\n", "- Tom rows.\n- Tom sails.\n"),
];

#[tokio::test]
async fn what_tells_something_is_not_tidied_away() {
    let stack = Stack::start().await;
    for (number, (path, before, after)) in TOLD_OTHERWISE.into_iter().enumerate() {
        let scene = Scene::of(&stack, &format!("user-{number}"), &[(path, before)]).await;
        scene.held.stage(path, after, 1).await.unwrap();
        scene.breaks(Rule::TidyDiffers, path, path).await;
    }
    let (before, after) = ("# Tom\n\n\n\n- Tom sails. \n- Tom rows.\t\n", "# Tom\n\n- Tom sails.\n- Tom rows.\n");
    let scene = Scene::of(&stack, "ada", &[("user/tom.md", before)]).await;
    scene.held.stage("user/tom.md", after, 1).await.unwrap();
    scene.is_adopted(&[("user/tom.md", after)], "white space that tells nothing").await;
    stack.finish().await;
}

#[tokio::test]
async fn neither_a_script_nor_data_is_touched() {
    let stack = Stack::start().await;
    let cases = [
        ("user/send.py", "if late:\n    wait()\nsend(b)\n", "if late:\n    wait()\n    send(b)\n"),
        ("user/nightly", "#!/bin/sh\n\n\nrm -r old\n", "#!/bin/sh\n\nrm -r old\n"),
        ("user/set.txt", "{\"a\": 1,\n\n\n\"b\": 2}\n", "{\"a\": 1,\n\n\"b\": 2}\n"),
        ("user/rows.csv", "name,age\n\n\nTom,3\n", "name,age\n\nTom,3\n"),
    ];
    for (number, (path, before, after)) in cases.into_iter().enumerate() {
        let scene = Scene::of(&stack, &format!("user-{number}"), &[(path, before)]).await;
        scene.held.stage(path, after, 1).await.unwrap();
        scene.breaks(Rule::FileNotCurated, path, path).await;
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_log_by_any_name_is_neither_read_nor_changed_nor_cited() {
    let stack = Stack::start().await;
    let line = "- Ben speaks Danish.\n";
    let notes = ("user/notes.md", "- Ben speaks Danish.\n- Ben is tall.\n");
    let logs =
        ["user/Log.md", "user/boat/WORKLOG", "user/my log.txt", "user/logs/may.md", "user/x_log.md", "user/y.LOG"];
    let files: Vec<_> = logs.into_iter().map(|path| (path, line)).chain([notes]).collect();
    let scene = Scene::of(&stack, "ada", &files).await;
    for log in logs {
        assert_eq!(refused(scene.held.read(log).await), ErrorReason::FileNotFound, "{log}");
        assert_eq!(refused(scene.held.stage(log, "", 1).await), ErrorReason::ExcludedPath, "{log}");
        let cited = scene.held.drop_for((notes.0, 1, 1), (log, 1, 1), line.trim_end()).await;
        assert_eq!(refused(cited), ErrorReason::GroundInvalid, "{log}");
    }
    assert_eq!(scene.held.ends().await, DreamState::Noop);
    scene.is_as_it_was("logs").await;
    stack.finish().await;
}

#[tokio::test]
async fn no_file_comes_whatever_is_in_it_and_whoever_is_said_to_have_said_it() {
    let stack = Stack::start().await;
    let blank = "\n".repeat(2_000);
    for (number, text) in ["", &blank, "# Ben\n", "- Ben speaks Danish.\n"].into_iter().enumerate() {
        let scene = Scene::of(&stack, &format!("user-{number}"), &[("user/ben.md", BEN)]).await;
        let path = "user/Ben has lent Tom 300 crowns.md";
        scene.held.stage(path, text, 0).await.unwrap();
        scene.drops(("user/ben.md", 5), ("user/ben.md", 3)).await;
        scene.breaks(Rule::FileMade, path, &format!("{:?}", &text[..text.len().min(9)])).await;
    }
    stack.finish().await;
}

#[tokio::test]
async fn the_source_of_an_adopted_text_is_that_of_the_text_before() {
    let stack = Stack::start().await;
    let scene = Scene::said(&stack, "ada", &[("user/ben.md", BEN, Source::Web)]).await;
    let ground = |line, kept| dropped(line, ("user/ben.md", 1, kept));
    scene.held.stage_as("user/ben.md", ONCE, 1, vec![ground(5, 3), ground(6, 4), tidied()]).await.unwrap();
    scene.is_adopted(&[("user/ben.md", ONCE)], "a page of the web").await;
    let source = "SELECT DISTINCT source::bigint FROM mx_revision WHERE path = 'user/ben.md'";
    let web = memex_core::actor::Source::Web.code();
    assert_eq!(ask::number(stack.sql(), source, &[]).await, i64::from(web), "the worker said: the person");
    assert_eq!(ask::number(stack.sql(), &format!("SELECT count(*) FROM ({source}) t"), &[]).await, 1);
    stack.finish().await;
}

/// Two files that say the same in a line, and something else in another; which of the two lines goes is tried both ways.
struct Pair {
    what: &'static str,
    stays: (&'static str, &'static str, Source, i32),
    goes: (&'static str, &'static str, Source, i32),
    /// The rule that is broken where the line of `goes` goes; none: it may go.
    goes_breaks: Option<Rule>,
    /// The rule that is broken where the line of `stays` goes.
    stays_breaks: Rule,
}

const PAIRS: [Pair; 10] = [
    Pair {
        what: "a line of today and the same under a day to come",
        stays: ("user/notes.md", "- Ben speaks Danish.\n- Ben is tall.\n", Source::Agent, 1),
        goes: ("user/diary.md", "## 2098-05-01\n\n- Ben speaks Danish.\n- Ben is old.\n", Source::Agent, 3),
        goes_breaks: Some(Rule::GroundInvalid),
        stays_breaks: Rule::GroundInvalid,
    },
    Pair {
        what: "a line of today and the same under a day that is past",
        stays: ("user/notes.md", "- Ben speaks Danish.\n- Ben is tall.\n", Source::Agent, 1),
        goes: ("user/diary.md", "## 2020-05-01\n\n- Ben speaks Danish.\n- Ben is old.\n", Source::Agent, 3),
        goes_breaks: None,
        stays_breaks: Rule::KeptCopyOlder,
    },
    Pair {
        what: "a line of today and the same in a file of a day to come",
        stays: ("user/notes.md", "- Ben speaks Danish.\n- Ben is tall.\n", Source::Agent, 1),
        goes: ("user/diary/2098-05-01.md", "- Ben speaks Danish.\n- Ben is old.\n", Source::Agent, 1),
        goes_breaks: Some(Rule::GroundInvalid),
        stays_breaks: Rule::GroundInvalid,
    },
    Pair {
        what: "an undated note and the same in a diary",
        stays: ("user/notes.md", "- Ben speaks Danish.\n- Ben is tall.\n", Source::Agent, 1),
        goes: ("user/diary/2020-05-01.md", "- Ben speaks Danish.\n- Ben is old.\n", Source::Agent, 1),
        goes_breaks: None,
        stays_breaks: Rule::KeptCopyOlder,
    },
    Pair {
        what: "a pinned profile and a session",
        stays: ("user/profile.md", "# Tom\n\n- Ben speaks Danish.\n- Ben is tall.\n", Source::Agent, 3),
        goes: ("user/sessions/s07.md", "- Ben speaks Danish.\n- Ben is old.\n", Source::Agent, 1),
        goes_breaks: None,
        stays_breaks: Rule::KeptCopyOlder,
    },
    Pair {
        what: "the person and a page of the web, though the better place is the page's",
        stays: ("user/sessions/s07.md", "- Ben speaks Danish.\n- Ben is tall.\n", Source::User, 1),
        goes: ("user/profile.md", "- Ben speaks Danish.\n- Ben is old.\n", Source::Web, 1),
        goes_breaks: None,
        stays_breaks: Rule::KeptCopyOlder,
    },
    Pair {
        what: "a file of more than one statement and one that would be left without any",
        stays: ("user/profile.md", "- Ben speaks Danish.\n- Ben is tall.\n", Source::Agent, 1),
        goes: ("user/sessions/s07.md", "# Session\n\n- Ben speaks Danish.\n", Source::Agent, 3),
        goes_breaks: Some(Rule::FileEmptied),
        stays_breaks: Rule::KeptCopyOlder,
    },
    Pair {
        what: "the same of two people",
        stays: ("user/ben.md", "- I speak Danish.\n- Ben is tall.\n", Source::Agent, 1),
        goes: ("user/tom.md", "- I speak Danish.\n- Tom is tall.\n", Source::Agent, 1),
        goes_breaks: Some(Rule::GroundInvalid),
        stays_breaks: Rule::GroundInvalid,
    },
    Pair {
        what: "a line that names nobody",
        stays: ("user/profile.md", "- Speaks Danish.\n- Ben is tall.\n", Source::Agent, 1),
        goes: ("user/sessions/s07.md", "- Speaks Danish.\n- Ben is old.\n", Source::Agent, 1),
        goes_breaks: Some(Rule::OnlyProbable),
        stays_breaks: Rule::KeptCopyOlder,
    },
    Pair {
        what: "what happened",
        stays: ("user/profile.md", "- Ben took two pills.\n- Ben is tall.\n", Source::Agent, 1),
        goes: ("user/sessions/s07.md", "- Ben took two pills.\n- Ben is old.\n", Source::Agent, 1),
        goes_breaks: Some(Rule::GroundInvalid),
        stays_breaks: Rule::GroundInvalid,
    },
];

#[tokio::test]
async fn of_two_lines_goes_the_one_whose_copy_is_the_better_ground_or_none() {
    let stack = Stack::start().await;
    for (number, pair) in PAIRS.iter().enumerate() {
        let [stays, goes] = [&pair.stays, &pair.goes].map(|(path, text, source, _)| (*path, *text, *source));
        let (kept, dropped) = ((stays.0, pair.stays.3), (goes.0, pair.goes.3));
        let scene = Scene::said(&stack, &format!("other-way-{number}"), &[stays, goes]).await;
        scene.drops(kept, dropped).await;
        scene.breaks(pair.stays_breaks, stays.0, pair.what).await;

        let scene = Scene::said(&stack, &format!("user-{number}"), &[stays, goes]).await;
        scene.drops(dropped, kept).await;
        match pair.goes_breaks {
            Some(rule) => scene.breaks(rule, goes.0, pair.what).await,
            None => scene.is_adopted(&[(goes.0, &goes.1.replace("- Ben speaks Danish.\n", ""))], pair.what).await,
        }
    }
    stack.finish().await;
}

#[tokio::test]
async fn two_copies_are_no_ground_for_each_other_and_a_file_is_never_emptied() {
    let stack = Stack::start().await;
    let text = "- Ben speaks Danish.\n- Ben is tall.\n";
    let scene = Scene::of(&stack, "ada", &[("user/profile.md", text), ("user/sessions/s07.md", text)]).await;
    scene.drops(("user/profile.md", 1), ("user/sessions/s07.md", 1)).await;
    scene.drops(("user/sessions/s07.md", 1), ("user/profile.md", 1)).await;
    scene.breaks(Rule::GroundInvalid, "user/sessions/s07.md", "each for the other").await;

    let files = [("user/profile.md", text), ("user/sessions/s07.md", text)];
    for (number, left) in ["", "# Ben\n"].into_iter().enumerate() {
        let scene = Scene::of(&stack, &format!("user-{number}"), &files).await;
        let grounds = vec![dropped(1, ("user/profile.md", 1, 1)), dropped(2, ("user/profile.md", 1, 2))];
        scene.held.stage_as("user/sessions/s07.md", left, 1, grounds).await.unwrap();
        scene.breaks(Rule::FileEmptied, "user/sessions/s07.md", "every line has a copy").await;
    }
    stack.finish().await;
}
