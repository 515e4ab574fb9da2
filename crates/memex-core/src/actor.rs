//! Who does what to memory: roles, sources, operations, outcomes and the names that nobody may take.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::{characters, limits, words::word_enum};

/// The actor of every revision that a dream made; it belongs to dreams alone.
pub const DREAM_ACTOR: &str = "dream-agent";

/// The actor of what memory-api writes by itself, such as the line of a revert.
pub const SERVICE_ACTOR: &str = "memory-api";

const RESERVED: &[&str] = &[DREAM_ACTOR, SERVICE_ACTOR, "dream-worker", "memex", "system"];

word_enum! {
    /// What a token may do.
    Role {
        /// One user's files read-write, shared files read.
        Agent = 1 "agent",
        /// The same for any user of its workspace, and the acts that a product does for its users.
        Backend = 2 "backend",
        /// Claims dreams; memory only within a dream that it holds. Belongs to the deployment.
        Worker = 3 "worker",
        /// Everything in its workspace.
        Operator = 4 "operator",
        /// Reads everything, changes nothing.
        Auditor = 5 "auditor",
    }
}

word_enum! {
    /// Where a text comes from; kept on its revision and inherited by what a dream makes of it.
    Source {
        /// The person said so.
        User = 1 "user",
        /// An agent inferred it.
        Agent = 2 "agent",
        /// A tool returned it.
        Tool = 3 "tool",
        /// It was read on the web.
        Web = 4 "web",
        /// It was imported.
        Import = 5 "import",
    }
}

word_enum! {
    /// What was done or tried: the `operation` of a revision and of an access-log row.
    Operation {
        /// ListFiles.
        List = 1 "list",
        /// ReadFile.
        Read = 2 "read",
        /// BatchReadFiles; one row a file.
        BatchRead = 3 "batch_read",
        /// SearchFiles.
        Search = 4 "search",
        /// Recall.
        Recall = 5 "recall",
        /// WriteFile.
        Write = 10 "write",
        /// PatchFile.
        Patch = 11 "patch",
        /// DeleteFile.
        Delete = 12 "delete",
        /// MoveFile.
        Move = 13 "move",
        /// RestoreRevision: a person brings an earlier text back.
        Restore = 14 "restore",
        /// A file set back by RevertDream.
        Revert = 15 "revert",
        /// The line that memory-api adds to the dream log.
        DreamLog = 16 "dream_log",
        /// ListRevisions.
        ListRevisions = 20 "list_revisions",
        /// GetRevision.
        GetRevision = 21 "get_revision",
        /// DiffRevisions.
        Diff = 22 "diff",
        /// BlameFile.
        Blame = 23 "blame",
        /// WatchChanges.
        Watch = 24 "watch",
        /// ClaimDreams.
        Claim = 30 "claim",
        /// RenewLease.
        Renew = 31 "renew",
        /// FinishDream.
        Finish = 32 "finish",
        /// StartDream.
        StartDream = 40 "start_dream",
        /// GetDream.
        GetDream = 41 "get_dream",
        /// ListDreams.
        ListDreams = 42 "list_dreams",
        /// GetChangeset.
        GetChangeset = 43 "get_changeset",
        /// RevertDream, as a call; the files that it sets back are `revert`.
        RevertDream = 44 "revert_dream",
        /// UnparkUser.
        UnparkUser = 45 "unpark_user",
        /// ApproveDream.
        ApproveDream = 46 "approve_dream",
        /// RejectDream.
        RejectDream = 47 "reject_dream",
        /// CancelDream.
        CancelDream = 48 "cancel_dream",
        /// WatchDream.
        WatchDream = 49 "watch_dream",
        /// GetConfig.
        GetConfig = 50 "get_config",
        /// UpdateConfig.
        UpdateConfig = 51 "update_config",
        /// PauseUser.
        PauseUser = 52 "pause_user",
        /// ResumeUser.
        ResumeUser = 53 "resume_user",
        /// ListAccessLog.
        ListAccessLog = 54 "list_access_log",
        /// CreateToken.
        CreateToken = 55 "create_token",
        /// ListTokens.
        ListTokens = 56 "list_tokens",
        /// RevokeToken.
        RevokeToken = 57 "revoke_token",
        /// ListUsers.
        ListUsers = 58 "list_users",
        /// GetUser.
        GetUser = 59 "get_user",
        /// UpdateUser.
        UpdateUser = 60 "update_user",
        /// RedactRevision.
        Redact = 61 "redact",
        /// ExportUser.
        Export = 62 "export",
        /// ImportUser: the call, and each revision that it brings.
        Import = 63 "import",
        /// EraseUser.
        Erase = 64 "erase",
        /// GetErasure.
        GetErasure = 65 "get_erasure",
        /// GetStatus.
        GetStatus = 66 "get_status",
    }
}

word_enum! {
    /// How a call ended, as its access-log row has it.
    AccessOutcome {
        /// It was done.
        Ok = 1 "ok",
        /// A rule refused it.
        Refused = 2 "refused",
        /// It failed: storage, deadline, cancel.
        Failed = 3 "failed",
    }
}

/// Why a display name is not taken as an actor.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ActorRefusal {
    /// It has no character.
    #[error("an actor's name is empty; give a name or leave it out")]
    Empty,
    /// It is longer than [`limits::MAX_ACTOR_BYTES`].
    #[error("an actor's name has {bytes} bytes; at most {} are allowed", limits::MAX_ACTOR_BYTES)]
    TooLong {
        /// The length of the name in bytes.
        bytes: usize,
    },
    /// It contains a character that does not show.
    #[error("an actor's name contains U+{:04X}, which does not show; use printable characters", *character as u32)]
    NotPrintable {
        /// The first such character.
        character: char,
    },
    /// It is, or looks like, a name that the product signs with.
    #[error("this actor's name is reserved; choose another")]
    Reserved,
}

/// The display name of a token as it may stand on revisions, unchanged.
///
/// # Errors
/// Empty, longer than [`limits::MAX_ACTOR_BYTES`], not printable, or [reserved](is_reserved).
pub fn display_name(name: &str) -> Result<String, ActorRefusal> {
    if name.trim().is_empty() {
        return Err(ActorRefusal::Empty);
    }
    if name.len() > limits::MAX_ACTOR_BYTES {
        return Err(ActorRefusal::TooLong { bytes: name.len() });
    }
    if let Some(character) = name.chars().find(|&c| !characters::is_printable(c)) {
        return Err(ActorRefusal::NotPrintable { character });
    }
    if is_reserved(name) {
        return Err(ActorRefusal::Reserved);
    }
    Ok(name.to_owned())
}

/// Whether `name` belongs to the product, or differs from such a name only in case, width, spaces, `_` or hidden
/// characters, so that a reader of the history could take it for one.
pub fn is_reserved(name: &str) -> bool {
    let folded: String = name
        .nfkc()
        .filter(|&c| !characters::is_invisible(c) && !c.is_control())
        .flat_map(char::to_lowercase)
        .map(|c| if c == '_' || c.is_whitespace() { '-' } else { c })
        .collect();
    RESERVED.contains(&folded.trim_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_like_the_products_own_are_reserved() {
        for name in [
            "dream-agent",
            "Dream-Agent",
            "dream_agent",
            " dream agent ",
            "ｄream-agent",
            "dream\u{200B}-agent",
            "memory-api",
            "SYSTEM",
        ] {
            assert!(is_reserved(name), "{name:?}");
            assert!(display_name(name).is_err(), "{name:?}");
        }
        for name in ["support-bot", "dream-agent-2", "Ada", "agent"] {
            assert!(!is_reserved(name), "{name:?}");
            assert_eq!(display_name(name).unwrap(), name);
        }
    }

    #[test]
    fn a_display_name_is_bounded_and_shows() {
        assert_eq!(display_name(" "), Err(ActorRefusal::Empty));
        assert!(display_name(&"a".repeat(128)).is_ok());
        assert_eq!(display_name(&"a".repeat(129)), Err(ActorRefusal::TooLong { bytes: 129 }));
        assert_eq!(display_name("a\nb"), Err(ActorRefusal::NotPrintable { character: '\n' }));
    }

    #[test]
    fn every_word_and_code_finds_its_own_variant_again() {
        for &role in Role::ALL {
            assert_eq!((Role::parse(role.as_str()), Role::from_code(role.code())), (Some(role), Some(role)));
        }
        for &source in Source::ALL {
            assert_eq!(
                (Source::parse(source.as_str()), Source::from_code(source.code())),
                (Some(source), Some(source))
            );
        }
        for &operation in Operation::ALL {
            assert_eq!(Operation::parse(operation.as_str()), Some(operation));
            assert_eq!(Operation::from_code(operation.code()), Some(operation));
        }
        for &outcome in AccessOutcome::ALL {
            assert_eq!(AccessOutcome::parse(outcome.as_str()), Some(outcome));
            assert_eq!(AccessOutcome::from_code(outcome.code()), Some(outcome));
        }
        assert_eq!((Role::parse("Agent"), Role::from_code(0)), (None, None));
    }

    #[test]
    fn the_codes_that_rows_keep_are_these() {
        let roles: Vec<i16> = Role::ALL.iter().map(|role| role.code()).collect();
        assert_eq!(roles, [1, 2, 3, 4, 5]);
        let operations: Vec<i16> = Operation::ALL.iter().map(|operation| operation.code()).collect();
        let expected = [
            [1, 2, 3, 4, 5].as_slice(),
            &[10, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 30, 31, 32, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49],
        ];
        let admin: Vec<i16> = (50..=66).collect();
        assert_eq!(operations, [expected.concat(), admin].concat());
    }
}
