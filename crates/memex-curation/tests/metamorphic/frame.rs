//! Frames that a line is put into, each with what it says of the line: written by hand, so that they are a second opinion.

/// What a frame's value says of every line in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Nothing.
    Nothing,
    /// Only what about.
    About(&'static str),
    /// Whose it is, where, when or on what terms.
    Parts(&'static [&'static str]),
    /// That no line in it may go or stand for another one.
    Barred,
    /// Something that belongs to the text itself: equal only to itself.
    Text(&'static str),
}

/// One value of a dimension.
#[derive(Debug, Clone, Copy)]
pub struct Value {
    /// As it stands in the file. In a wrapper `@` is the line, and `+` what follows it.
    pub text: &'static str,
    /// What it says.
    pub says: Says,
    /// The day that it dates the line by.
    pub day: Option<&'static str>,
}

const fn nothing(text: &'static str) -> Value {
    Value { text, says: Says::Nothing, day: None }
}

const fn about(text: &'static str, topic: &'static str) -> Value {
    Value { text, says: Says::About(topic), day: None }
}

const fn part(text: &'static str, parts: &'static [&'static str]) -> Value {
    Value { text, says: Says::Parts(parts), day: None }
}

const fn barred(text: &'static str) -> Value {
    Value { text, says: Says::Barred, day: None }
}

const fn dated(text: &'static str, day: &'static str) -> Value {
    Value { text, says: Says::Nothing, day: Some(day) }
}

pub const PATHS: &[Value] = &[
    nothing("user/sessions/s1.md"),
    nothing("user/sessions/s2.md"),
    nothing("user/profile.md"),
    nothing("user/notes.md"),
    nothing("user/notes/n-3fa2.md"),
    nothing("user/conversations/0f3a9c1b.md"),
    dated("user/sessions/2026-11-03.md", "2026-11-03"),
    dated("user/2026/11/05.md", "2026-11-05"),
    about("user/food.md", "food"),
    about("user/tools.md", "tools"),
    part("user/people/ada.md", &["people", "ada"]),
    part("user/people/ben.md", &["people", "ben"]),
    part("user/work.md", &["work"]),
    part("user/home.md", &["home"]),
    part("user/family.md", &["family"]),
    part("user/projects/alpha.md", &["projects", "alpha"]),
    part("user/projects/beta.md", &["projects", "beta"]),
    part("user/notes/s04.md", &["s04"]),
    part("user/sessions/s04b.md", &["s04b"]),
    part("user/winter.md", &["winter"]),
    part("user/2026-11.md", &["2026 11"]),
    part("user/Work preferences.md", &["work preferences"]),
    barred("user/2027-05-01.md"),
    barred("user/archive/notes.md"),
    barred("user/old-notes.md"),
    barred("user/log.md"),
    barred("user/build-log.md"),
    barred("user/logs/a.md"),
    barred("user/notes.sql"),
    barred("shared/notes.md"),
];

pub const TITLES: &[Value] = &[
    nothing(""),
    nothing("# Notes"),
    nothing("# Session 4"),
    nothing("# Chat"),
    nothing("# Thread 7"),
    nothing("# Notizen"),
    dated("# Notes 2026-11-03", "2026-11-03"),
    dated("# Tuesday, 3 November 2026", "2026-11-03"),
    about("# Food", "food"),
    about("# Hobbies", "hobbies"),
    part("# Ada", &["ada"]),
    part("# Ben", &["ben"]),
    part("# At work", &["at work"]),
    part("# Tuesday", &["tuesday"]),
    part("# November 2026", &["november 2026"]),
    part("# Recipe", &["recipe"]),
    part("# Notes for Ada", &["notes for ada"]),
    part("# Wenn es regnet", &["wenn es regnet"]),
    barred("# Old notes"),
    barred("# Archive"),
    barred("# Notes 2027-05-01"),
];

pub const FRONTS: &[Value] = &[
    nothing(""),
    nothing("title: Notes"),
    nothing("session: 4"),
    nothing("id: 123e4567-e89b-12d3-a456-426614174000"),
    nothing("created: 2026-01-01"),
    nothing("pin: true"),
    dated("date: 2026-11-03", "2026-11-03"),
    about("title: Food", "food"),
    part("title: Ada", &["ada"]),
    part("name: Ben", &["ben"]),
    part("project: alpha", &["alpha"]),
    part("project: beta", &["beta"]),
    part("person: Ada", &["person ada"]),
    part("id: 7", &["id 7"]),
    part("session: alpha", &["session alpha"]),
    part("mood: low", &["mood low"]),
    barred("date: 2027-05-01"),
];

pub const HEADINGS: &[Value] = &[
    nothing(""),
    nothing("## Notes"),
    nothing("## Facts"),
    nothing("## Session 12"),
    dated("## 2026-11-03", "2026-11-03"),
    dated("## Notes from 5 November 2026", "2026-11-05"),
    about("## Food", "food"),
    about("## Hobbies", "hobbies"),
    part("## Ada", &["ada"]),
    part("## Ben", &["ben"]),
    part("## At work", &["at work"]),
    part("## At home", &["at home"]),
    part("## Family", &["family"]),
    part("## Thread 7", &["thread 7"]),
    part("## Part 2", &["part 2"]),
    part("## Tuesday", &["tuesday"]),
    part("## Week 44", &["week 44"]),
    part("## Morning", &["morning"]),
    part("## 09:30", &["09:30"]),
    part("## Winter", &["winter"]),
    part("## If it rains", &["if it rains"]),
    part("## Ada\n### At work", &["ada", "at work"]),
    part("## Ben\n### At work", &["ben", "at work"]),
    barred("## Previous"),
    barred("## Draft"),
    barred("## Ada\n### History\n#### Facts"),
    barred("## 2027-05-01"),
];

pub const WRAPPERS: &[Value] = &[
    nothing("- @\n+"),
    nothing("* @\n+"),
    nothing("@\n+"),
    part("- Ada\n  - @\n+", &["ada"]),
    part("- Ben\n  - @\n+", &["ben"]),
    part("Ada:\n\n- @\n+", &["ada"]),
    part("**Ben**\n\n- @\n+", &["ben"]),
    part("For the trip to Rome we settled this:\n\n- @\n+", &["for the trip to rome we settled this"]),
    part("<details>\n\n- @\n+- Zed rests.\n\n</details>\n", &["<details>"]),
    part("<details>\n<summary>Ada</summary>\n\n- @\n+- Zed rests.\n\n</details>\n", &["<details>", "ada"]),
    part("<del>\n\n- @\n+- Zed rests.\n\n</del>\n", &["<del>"]),
    part("<!-- Ada -->\n- @\n+", &["ada"]),
    part("<h2>Ben</h2>\n\n- @\n+", &["ben"]),
    Value { text: "- [ ] @\n+", says: Says::Text("open"), day: None },
    Value { text: "- [x] @\n+", says: Says::Text("done"), day: None },
    Value { text: "- ~~@~~\n+", says: Says::Text("struck"), day: None },
    Value { text: "- @ (again)\n+", says: Says::Text("again"), day: None },
    Value { text: "- Zyx: @\n+", says: Says::Text("zyx"), day: None },
    barred("> @\n+"),
    barred("1. @\n+"),
    barred("+ good\n- bad\n+ fine\n- @\n+"),
    barred("- Suppose it is so\n- @\n+"),
    barred("- If it rains\n  - @\n+"),
    barred("@\nand more of it.\n+"),
    barred("```\n@\n```\n+"),
    barred("| a | b |\n|---|---|\n| @ | c |\n+"),
];

pub const STAMPS: &[Value] = &[
    nothing(""),
    nothing("FYI, "),
    nothing("Reminder: "),
    dated("[2026-11-03] ", "2026-11-03"),
    dated("2026-11-05: ", "2026-11-05"),
    dated("3 November 2026 - ", "2026-11-03"),
    barred("[2027-05-01] "),
    Value { text: "[2026-11-03] 09:30 ", says: Says::Text("09:30"), day: Some("2026-11-03") },
];

pub const FOLLOWS: &[Value] = &[
    nothing(""),
    nothing("- Zed keeps seven crates.\n"),
    nothing("\n---\n\n- He agrees.\n"),
    nothing("- No sugar goes into tea for Zed.\n"),
    nothing("- After all this Zed sleeps.\n"),
    barred("- He agrees.\n"),
    barred("\nHe agrees.\n"),
    barred("- Since then it is so.\n"),
    barred("- The latter is blue.\n"),
    barred("  - and more of it\n"),
    barred("  ```\n  code\n  ```\n"),
    barred("- No, that is not so.\n"),
    barred("- Wrong.\n"),
    barred("- Zed is old.\n- Not true!\n"),
    barred("- Actually, only once.\n"),
    barred("- All this is sure.\n"),
    barred("- Zed likes the above.\n"),
    barred("- These are facts.\n"),
    barred("- Just kidding.\n"),
];

/// All dimensions, in the order in which their parts stand in a context.
pub const DIMENSIONS: [&[Value]; 7] = [PATHS, FRONTS, TITLES, HEADINGS, WRAPPERS, STAMPS, FOLLOWS];

/// A place for a line: a value of each dimension, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame(pub [usize; DIMENSIONS.len()]);

impl Frame {
    /// Nothing but a list without a context.
    pub const PLAIN: Self = Self([0; DIMENSIONS.len()]);

    /// The same frame with another value of one dimension.
    pub fn with(mut self, dimension: usize, value: usize) -> Self {
        self.0[dimension] = value;
        self
    }

    /// Its values, in the order of [`DIMENSIONS`].
    pub fn values(&self) -> impl Iterator<Item = Value> + '_ {
        self.0.iter().zip(DIMENSIONS).map(|(&at, values)| values[at])
    }

    /// The path of its file.
    pub fn path(&self) -> &'static str {
        PATHS[self.0[0]].text
    }

    /// The head of its file, and its section with the line in it.
    pub fn render(&self, line: &str) -> (String, String) {
        let values: Vec<&str> = self.values().map(|value| value.text).collect();
        let [_, front, title, heading, wrapper, stamp, follow] = values[..] else { unreachable!("seven dimensions") };
        let front = if front.is_empty() { String::new() } else { format!("---\n{front}\n---\n\n") };
        let (above, rest) = wrapper.split_once('@').expect("a wrapper holds the line");
        let (tail, below) = rest.split_once('+').expect("a wrapper says where the next line follows");
        let section = format!("{heading}\n\n{above}{stamp}{line}{tail}{follow}{below}\n");
        (format!("{front}{title}\n\n"), section)
    }
}
