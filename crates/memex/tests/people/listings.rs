//! `search`, `recall`, `users`, `token list|revoke`, and listings with nothing in them.

use memex_proto::reason::Refusal;
use memex_proto::v1::{
    AccessLogEntry, ByteRange, Dream, ErrorReason, Passage, RecallGround, RecallResponse, RecalledFile, Revision, Role,
    Token, User,
};
use serde_json::json;

use crate::scene::Scene;

fn passage() -> Passage {
    Passage {
        path: "user/drinks.md".to_owned(),
        version: 2,
        heading: "Drinks".to_owned(),
        first_line: 3,
        last_line: 3,
        snippet: "- likes green tea".to_owned(),
        highlights: vec![ByteRange { start: 14, end: 17 }],
        score: 1.5,
        ..Passage::default()
    }
}

#[tokio::test]
async fn a_search_sends_its_words_as_one_query_and_gives_passages_with_scores() {
    let scene = Scene::new().await;
    scene.script.lines().passages.push(passage());
    let found = scene.json(&["search", "green", "tea", "--prefix", "user/", "--limit", "3"]).await;
    assert_eq!(
        found["passages"][0],
        json!({
            "path": "user/drinks.md", "version": 2, "heading": "Drinks", "first_line": 3, "last_line": 3,
            "snippet": "- likes green tea", "highlights": [{"start": 14, "end": 17}], "score": 1.5, "updated_at": null,
        })
    );
    let asked = scene.script.lines().searches.remove(0);
    let text = [asked.user_id.as_str(), &asked.query, &asked.prefix];
    assert_eq!((text, asked.limit), (["ada", "green tea", "user/"], 3));
    // No terminal, no colours.
    let ran = scene.run(&["search", "tea"]).await;
    assert_eq!(ran.out, "user/drinks.md:3  Drinks\n  - likes green tea\n");
}

#[tokio::test]
async fn the_recalled_block_is_alone_on_standard_output() {
    let scene = Scene::new().await;
    let file = |path: &str, taken_bytes| {
        let ground = RecallGround::Pinned.into();
        RecalledFile { path: path.to_owned(), version: 1, ground, size_bytes: 9, taken_bytes }
    };
    let (files, left_out) = (vec![file("user/profile.md", 9)], vec![file("user/old.md", 0)]);
    scene.script.lines().recall = RecallResponse { content: "# user/profile.md\ntext".to_owned(), files, left_out };
    let ran = scene.run(&["recall", "the", "trip"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "# user/profile.md\ntext"));
    let lines: Vec<_> = ran.err.lines().collect();
    assert_eq!(lines[1], "user/profile.md        1  pinned      9   9  whole");
    assert_eq!(lines[2], "user/old.md            1  pinned      0   9  left out");
    let told = scene.json(&["recall"]).await;
    assert_eq!(told["content"], "# user/profile.md\ntext");
    assert_eq!((&told["files"][0]["ground"], &told["left_out"][0]["taken_bytes"]), (&json!("pinned"), &json!(0)));
}

#[tokio::test]
async fn a_listing_with_nothing_says_so_to_people_and_is_an_empty_list_to_programs() {
    let scene = Scene::new().await;
    for (args, list, told) in [
        (&["search", "green", "tea"][..], "passages", "nothing found for green tea\n"),
        (&["users"], "users", "no user has memory here yet\n"),
        (&["users", "list", "--prefix", "x"], "users", "no user's id begins with x\n"),
        (&["token", "list"], "tokens", "no token that can be listed\n"),
        (&["token", "list", "--user", "bob"], "tokens", "no token is bound to bob\n"),
        (&["access"], "entries", "no row of the access log matches\n"),
        (&["dream", "list"], "dreams", "no dream matches\n"),
        (&["recall"], "files", "nothing to recall: there is no memory yet\n"),
    ] {
        let ran = scene.run(args).await;
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", told), "{args:?}");
        assert_eq!(scene.json(args).await[list], json!([]), "{args:?}");
    }
}

#[tokio::test]
async fn users_are_listed_up_to_the_limit_and_one_is_shown() {
    let scene = Scene::new().await;
    let user = |id: &str| User { user_id: id.to_owned(), files: 2, sequence: 3, paused: true, ..User::default() };
    scene.script.lines().admin.users = vec![user("ada"), user("bob")];
    let ran = scene.run(&["users"]).await;
    assert_eq!((ran.code, ran.out.lines().count(), ran.err.as_str()), (0, 3, ""), "{ran:?}");
    let ran = scene.run(&["users", "list", "--limit", "1"]).await;
    assert_eq!(ran.out.lines().count(), 2, "{ran:?}");
    assert_eq!(ran.err, "there are more than 1; --limit or --prefix shows others\n");
    let nobody = Refusal::new(ErrorReason::FieldInvalid, "name one").violation("user_id", "must not be empty");
    scene.script.lines().admin.user_fails = Some(nobody.into_status());
    let ran = scene.run(&["users", "show"]).await;
    assert!(ran.code == 1 && ran.err.contains("memex users show USER") && !ran.err.contains("--user"), "{ran:?}");
    scene.script.lines().admin.user_fails = None;
    let shown = scene.json(&["users", "show"]).await;
    assert_eq!((&shown["user"]["user_id"], &shown["user"]["paused"]), (&json!("ada"), &json!(true)));
}

#[tokio::test]
async fn a_listing_that_is_cut_says_so_to_people_and_to_programs() {
    let scene = Scene::new().await;
    {
        let mut lines = scene.script.lines();
        lines.admin.users = vec![User::default(); 2];
        lines.admin.tokens = vec![Token::default(); 2];
        lines.admin.access_log = vec![AccessLogEntry::default(); 2];
        lines.dreams = vec![Dream::default(); 2];
        lines.history.revisions = vec![Revision::default(); 2];
    }
    for (command, list) in [
        (&["users", "list"][..], "users"),
        (&["token", "list"], "tokens"),
        (&["access"], "entries"),
        (&["dream", "list"], "dreams"),
        (&["log"], "revisions"),
    ] {
        let limited = |limit| [command, &["--limit", limit]].concat();
        let ran = scene.run(&limited("1")).await;
        assert_eq!((ran.code, ran.out.lines().count()), (0, 2), "{ran:?}");
        assert!(ran.err.starts_with("there are more than 1; --limit "), "{ran:?}");
        assert_eq!(scene.run(&limited("2")).await.err, "", "{command:?}");
        for (limit, more) in [("1", true), ("2", false), ("3", false)] {
            let told = scene.json(&limited(limit)).await;
            let listed = told[list].as_array().unwrap().len();
            assert_eq!((listed, &told["more"]), (limit.parse::<usize>().unwrap().min(2), &json!(more)), "{command:?}");
        }
    }
}

#[tokio::test]
async fn a_users_keys_are_set_and_reset_in_one_call_and_a_readmission_is_nothing_else() {
    let scene = Scene::new().await;
    let set = scene.json(&["users", "set", "bob", "dream_mode=review", "--reset", "dream_guard"]).await;
    assert_eq!((&set["changed"], &set["user"]["values"]), (&json!(true), &json!({"dream_mode": "review"})));
    scene.json(&["users", "set", "bob", "--reset", "dream_mode"]).await;
    let ran = scene.run(&["users", "readmit", "bob"]).await;
    assert_eq!(ran.out, "bob may be written again; their next write begins a new memory\n");
    let updates = std::mem::take(&mut scene.script.lines().admin.updates);
    assert!(updates.iter().all(|update| update.user_id == "bob" && update.request_id.len() == 36), "{updates:?}");
    let asked = updates.iter().map(|update| (update.values.len(), update.reset_keys.len(), update.readmit));
    assert_eq!(asked.collect::<Vec<_>>(), [(1, 1, false), (0, 1, false), (0, 0, true)]);
}

#[tokio::test]
async fn who_is_parked_is_told_so_and_unparked_by_name() {
    let scene = Scene::new().await;
    let parked = User { user_id: "bob".to_owned(), parked: true, ..User::default() };
    scene.script.lines().admin.users.push(parked);
    let shown = scene.run(&["users", "show", "bob"]).await;
    assert!(shown.out.contains("  memex users unpark bob         lets them come again\n"), "{}", shown.out);
    let ran = scene.run(&["users", "unpark", "bob"]).await;
    assert_eq!(ran.out, "bob is no longer parked\nnothing is to be dreamt now\n");
    assert_eq!(scene.run(&["users", "unpark", "eve"]).await.out, "eve was not parked\nnothing is to be dreamt now\n");
    let told = scene.json(&["users", "unpark", "bob"]).await;
    assert_eq!(told, json!({"user_id": "bob", "changed": true, "due_at": null}));
}

#[tokio::test]
async fn tokens_are_listed_for_all_users_unless_told_and_revoked_by_id() {
    let scene = Scene::new().await;
    let token = Token { token_id: "tok_1".to_owned(), role: Role::Agent.into(), ..Token::default() };
    scene.script.lines().admin.tokens.push(token);
    assert_eq!(scene.json(&["token", "list"]).await["tokens"][0]["role"], "agent");
    scene.json(&["token", "list", "--user", "bob", "--all"]).await;
    let listings = std::mem::take(&mut scene.script.lines().admin.token_listings);
    let asked = listings.iter().map(|asked| (asked.user_id.as_str(), asked.include_ended));
    assert_eq!(asked.collect::<Vec<_>>(), [("", false), ("bob", true)]);
    assert_eq!(scene.run(&["token", "revoke", "tok_1"]).await.out, "tok_1 is revoked\n");
    assert_eq!(scene.run(&["token", "revoke", "tok_2"]).await.out, "tok_2 was revoked already\n");
}
