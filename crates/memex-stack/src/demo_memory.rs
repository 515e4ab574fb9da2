//! The sample memory of three invented people, built into the program, for `memex demo`.
//!
//! `demo/README.md` tells what is planted where.

/// One person of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The user's id.
    pub user: &'static str,
    /// Virtual path and text of each file, by path.
    pub files: &'static [(&'static str, &'static str)],
}

/// The people of the sample, by id. Their files are as agents left them: nothing has been dreamed over.
pub fn people() -> &'static [Person] {
    PEOPLE
}

/// Virtual path and text of the files that all of them share. Dreams never touch these.
pub fn shared() -> &'static [(&'static str, &'static str)] {
    SHARED
}

/// The named files of one person, read when the program is built.
macro_rules! person {
    ($user:literal, $($path:literal),+ $(,)?) => {
        Person { user: $user, files: &[$(($path, include_str!(concat!("../demo/", $user, "/", $path)))),+] }
    };
}

const SHARED: &[(&str, &str)] = &[("shared/company.md", include_str!("../demo/shared/company.md"))];

const PEOPLE: &[Person] = &[
    person![
        "ada",
        "user/finance.md",
        "user/food.md",
        "user/health.md",
        "user/home.md",
        "user/log.md",
        "user/people.md",
        "user/preferences.md",
        "user/profile.md",
        "user/reading.md",
        "user/sessions/2026-09-08.md",
        "user/sessions/2026-09-21.md",
        "user/sessions/2026-10-05.md",
        "user/sessions/2026-10-19.md",
        "user/sessions/2026-11-02.md",
        "user/sessions/2026-11-16.md",
        "user/tools.md",
        "user/travel.md",
        "user/work.md",
    ],
    person![
        "ben",
        "user/address.md",
        "user/band.md",
        "user/family.md",
        "user/garden.md",
        "user/kitchen.md",
        "user/log.md",
        "user/money.md",
        "user/preferences.md",
        "user/profile.md",
        "user/projects/titration.md",
        "user/school.md",
        "user/sessions/2026-09-07.md",
        "user/sessions/2026-09-18.md",
        "user/sessions/2026-10-04.md",
        "user/sessions/2026-10-12.md",
        "user/sessions/2026-10-26.md",
        "user/sessions/2026-11-09.md",
    ],
    person![
        "chloe",
        "user/clients/harbour-books.md",
        "user/clients/oakline.md",
        "user/dog.md",
        "user/health.md",
        "user/home.md",
        "user/log.md",
        "user/money.md",
        "user/plans.md",
        "user/preferences.md",
        "user/printing.md",
        "user/profile.md",
        "user/sessions/2026-09-12.md",
        "user/sessions/2026-09-30.md",
        "user/sessions/2026-10-08.md",
        "user/sessions/2026-10-25.md",
        "user/sessions/2026-11-15.md",
        "user/studio-log.md",
        "user/studio.md",
    ],
];

#[cfg(test)]
mod tests;
