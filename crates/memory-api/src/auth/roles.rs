//! Which role may make which call: one table.

use memex_core::actor::{Operation, Role};

/// Whether a role may make a call at all. What it may reach with it (its user, `shared/`, a dream that it holds) is
/// judged where the call knows it.
pub const fn may(role: Role, operation: Operation) -> bool {
    use Operation as O;
    match operation {
        O::List | O::Read | O::BatchRead => true,
        O::Search | O::Recall | O::ListRevisions | O::GetRevision | O::Diff | O::Blame | O::Watch => {
            !matches!(role, Role::Worker)
        }
        O::Write | O::Patch => !matches!(role, Role::Auditor),
        O::Delete | O::Move | O::Restore => matches!(role, Role::Agent | Role::Backend | Role::Operator),
        O::Claim | O::Renew | O::Finish => matches!(role, Role::Worker),
        O::StartDream | O::RevertDream | O::ApproveDream | O::RejectDream | O::CancelDream | O::UnparkUser => {
            matches!(role, Role::Backend | Role::Operator)
        }
        O::PauseUser | O::ResumeUser | O::CreateToken | O::Erase => matches!(role, Role::Backend | Role::Operator),
        O::GetDream | O::ListDreams | O::GetChangeset | O::WatchDream | O::GetUser | O::Export | O::GetErasure => {
            matches!(role, Role::Backend | Role::Operator | Role::Auditor)
        }
        O::GetStatus | O::GetConfig | O::ListAccessLog | O::ListTokens | O::ListUsers => {
            matches!(role, Role::Operator | Role::Auditor)
        }
        O::UpdateConfig | O::RevokeToken | O::UpdateUser | O::Redact | O::Import => matches!(role, Role::Operator),
        // Made by memory-api itself, never called.
        O::Revert | O::DreamLog => false,
    }
}
