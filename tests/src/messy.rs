//! Memory as it gets: the same said twice, in one file and across files.

use memex_stack::stack::User;

/// The statement that stands twice.
pub const TWICE: &str = "- Ada likes green tea in the morning.";

/// Two files of a user, with duplicates that the builtin curator drops: two lines of `user/notes.md` go.
pub const FILES: [(&str, &str); 2] = [
    (
        "user/notes.md",
        "# Notes\n\n- Ada likes green tea in the morning.\n- Ada's bicycle is blue.\n- Ada likes green tea in the morning.\n- The train leaves at 7:40.\n- Ada's bicycle is blue.\n",
    ),
    ("user/profile.md", "# Profile\n\n- Ada lives in Graz.\n- Ada works as a gardener.\n"),
];

/// Writes [`FILES`] for a user.
pub async fn write(user: &User) {
    for (path, text) in FILES {
        user.write(path, text).await;
    }
}

/// Whether a user's files are as they were written, and nothing was added.
pub async fn is_untouched(user: &User) -> bool {
    let files = user.files().await;
    files.len() == FILES.len() && FILES.iter().all(|(path, text)| files.get(*path).is_some_and(|found| found == text))
}

/// Whether a dream has cleaned a user's files: each statement stands once, none is missing, and the log has one line.
pub async fn is_dreamt(user: &User) -> bool {
    is_dreamt_but_for(user, &[]).await
}

/// The same of a user who has made these files since.
pub async fn is_dreamt_but_for(user: &User, since: &[&str]) -> bool {
    let mut files = user.files().await;
    files.retain(|path, _| !since.contains(&path.as_str()));
    let said = |line: &str| files.values().flat_map(|text| text.lines()).filter(|found| *found == line).count();
    let mut lines = FILES.iter().flat_map(|(_, text)| text.lines()).filter(|line| line.starts_with('-'));
    let logged = files.get("user/dream-log.md").is_some_and(|log| log.lines().count() == 1);
    lines.all(|line| said(line) == 1) && files.len() == FILES.len() + 1 && logged
}
