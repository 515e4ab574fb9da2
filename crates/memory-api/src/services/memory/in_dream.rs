//! The same calls within a dream: its own view is read, and changes are staged.

mod denied;
mod read;
mod stage;

pub(super) use read::{batch_read_files, list_files, read_file};
pub(super) use stage::{patch_file, write_file};

use memex_core::path::{MemoryPath, ScopeKind};

use crate::guards::Guards;

/// Whether a dream sees this file: its user's, and not an excluded one.
fn sees(guards: Guards, path: &MemoryPath) -> bool {
    path.scope_kind() == ScopeKind::User && !(guards.excluded && path.is_excluded())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dream_sees_its_users_files_but_no_logs_and_nothing_shared() {
        let sees = |path| sees(Guards::default(), &MemoryPath::parse(path).unwrap());
        assert!(sees("user/profile.md"));
        for path in
            ["user/log.md", "user/dream-log.md", "user/Work_LOG.txt", "user/logs/b.md", "user/b.log", "shared/a.md"]
        {
            assert!(!sees(path), "{path}");
        }
    }
}
