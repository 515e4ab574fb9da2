//! What the `memex` command makes of the service's own answers.

use memex_stack::stack::Stack;
use serde_json::{Value, json};
use tests::command::Memex;

#[tokio::test]
async fn the_command_finds_passages_and_lists_and_sets_users_and_tokens() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/drinks.md", "# Drinks\n\n- drinks green tea in the morning\n").await;
    let memex = Memex::at(&stack.endpoint(), stack.workspace().operator_token()).await;

    let ran = memex.run(&["search", "greeen", "tea", "--user", "ada"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert!(ran.out.starts_with("user/drinks.md:"), "{ran:?}");
    let ran = memex.run(&["search", "zzzz", "--user", "ada"]).await;
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", "nothing found for zzzz\n"));

    let users = memex.json(&["users"]).await;
    assert_eq!((&users["users"][0]["user_id"], &users["users"][0]["files"]), (&json!("ada"), &json!(1)));
    let set = memex.json(&["users", "set", "ada", "dream_mode=review"]).await;
    assert_eq!(set["user"]["values"], json!({"dream_mode": "review"}));
    assert_eq!(memex.json(&["users", "set", "ada", "--reset", "dream_mode"]).await["user"]["values"], json!({}));
    let ran = memex.run(&["users", "set", "ada", "dream_moode=review"]).await;
    assert!(ran.code == 1 && ran.err.contains("dream_moode"), "{ran:?}");

    let made = memex.json(&["token", "create", "--role", "agent", "--for-user", "ada"]).await;
    let id = made["token_id"].as_str().unwrap();
    assert_eq!(memex.json(&["token", "revoke", id]).await["changed"], true);
    assert_eq!(memex.json(&["token", "revoke", id]).await["changed"], false);
    let listed = async |args: &[&str]| memex.json(args).await["tokens"].to_string();
    assert!(!listed(&["token", "list", "--user", "ada"]).await.contains(id));
    assert!(listed(&["token", "list", "--user", "ada", "--all"]).await.contains(id));
    stack.finish().await;
}

#[tokio::test]
async fn an_import_given_again_brings_back_what_was_deleted_meanwhile_only_when_it_is_told_to() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let memex = Memex::at(&stack.endpoint(), stack.workspace().operator_token()).await;
    let notes = tempfile::tempdir().unwrap();
    for name in ["a.md", "b.md", "c.md"] {
        std::fs::write(notes.path().join(name), name).unwrap();
    }
    let folder = notes.path().to_str().unwrap();
    let import = ["import", folder, "--user", "ada"];
    let ran = memex.run(&import).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "3 created\n"), "{ran:?}");
    for change in [&["rm", "user/a.md", "--user", "ada"][..], &["mv", "user/b.md", "user/z.md", "--user", "ada"]] {
        assert_eq!(memex.run(change).await.code, 0, "{change:?}");
    }

    let ran = memex.run(&import).await;
    let why = "was deleted or moved away in memory; --restore-deleted brings it back";
    let told = format!("left out user/a.md: {why}\nleft out user/b.md: {why}\n1 unchanged (2 left out)\n");
    assert_eq!((ran.code, ran.out), (0, told));
    assert_eq!(ada.paths().await, ["user/c.md", "user/z.md"]);
    let ran = memex.run(&[&import[..], &["--restore-deleted"]].concat()).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "2 created, 1 unchanged\n"), "{ran:?}");
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("a.md"));
    stack.finish().await;
}

#[tokio::test]
async fn a_revision_is_shown_and_a_dream_reverted_of_the_user_who_is_named_and_of_no_other() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "- Ada likes tea.\n- Ada likes tea.\n").await;
    stack.user("bob").await.write("user/b.md", "- Bob likes milk.\n").await;
    stack.quiet().await;
    while stack.worker().poll_once().await.unwrap() > 0 {}
    let memex = Memex::at(&stack.endpoint(), stack.workspace().operator_token()).await;
    let first = |listed: Value, list: &str, id: &str| listed[list][0][id].as_str().unwrap().to_owned();
    let revision = first(memex.json(&["log", "user/a.md", "--user", "ada"]).await, "revisions", "revision_id");
    let dreams = memex.json(&["dream", "list", "--user", "ada", "--state", "applied"]).await;
    let dream = first(dreams, "dreams", "dream_id");

    for command in [&["show", &revision][..], &["dream", "revert", &dream]] {
        let ran = memex.run(&[command, &["--user", "bob"]].concat()).await;
        assert!(ran.code == 1 && ran.err.contains("does not reach that user"), "{ran:?}");
        let ran = memex.run(&[command, &["--user", "ada"]].concat()).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    }
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("- Ada likes tea.\n- Ada likes tea.\n"));
    stack.finish().await;
}
