//! Which changes make a user due for a dream, and which changes end a dream that is under way.

use crate::actor::{Operation, Source};
use crate::path::{MemoryPath, ScopeKind};

/// Whether a change is a *qualifying write*: a change of a user's file, not an excluded one, by anyone but a dream.
///
/// A person's restore qualifies; a revert and the dream's own log do not. An import qualifies only where the importer
/// asked for it (`imported_due`); restoring an imported text is still a person's act. Reads and refusals never qualify.
pub fn qualifies(path: &MemoryPath, by_dream: bool, source: Source, imported_due: bool, operation: Operation) -> bool {
    let counted = match operation {
        Operation::Restore => true,
        Operation::Write | Operation::Patch | Operation::Delete | Operation::Move => {
            source != Source::Import || imported_due
        }
        _ => false,
    };
    counted && !by_dream && moves(path)
}

/// Whether a revision of this path moves the user's memory: by anyone, dreams and reverts included. A running dream
/// whose user's memory moved above its snapshot is overtaken; a change of an excluded path or of `shared/` is not one.
pub fn moves(path: &MemoryPath) -> bool {
    path.scope_kind() == ScopeKind::User && !path.is_excluded()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> MemoryPath {
        MemoryPath::parse(text).unwrap()
    }

    #[test]
    fn a_write_by_an_agent_qualifies_and_the_same_by_a_dream_does_not() {
        for operation in [Operation::Write, Operation::Patch, Operation::Delete, Operation::Move, Operation::Restore] {
            let notes = path("user/notes.md");
            assert!(qualifies(&notes, false, Source::Agent, false, operation), "{operation}");
            assert!(!qualifies(&notes, true, Source::Agent, false, operation), "{operation}");
        }
    }

    #[test]
    fn nothing_else_qualifies() {
        use Operation::{Delete, Move, Patch, Restore, Write};
        for &operation in Operation::ALL {
            let expected = matches!(operation, Write | Patch | Delete | Move | Restore);
            let got = qualifies(&path("user/notes.md"), false, Source::User, true, operation);
            assert_eq!(got, expected, "{operation}");
        }
    }

    #[test]
    fn an_import_qualifies_only_where_asked_and_its_restore_always() {
        let notes = path("user/notes.md");
        assert!(!qualifies(&notes, false, Source::Import, false, Operation::Write));
        assert!(qualifies(&notes, false, Source::Import, true, Operation::Write));
        assert!(qualifies(&notes, false, Source::Import, false, Operation::Restore));
    }

    #[test]
    fn logs_and_shared_files_neither_qualify_nor_move() {
        for text in ["user/log.md", "user/dream-log.md", "user/a-log.md", "user/build.log", "shared/company.md"] {
            assert!(!moves(&path(text)), "{text}");
            assert!(!qualifies(&path(text), false, Source::User, true, Operation::Write), "{text}");
        }
        assert!(moves(&path("user/catalog.md")));
    }
}
