//! What a person does next after a refusal, one line a reason.

use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason as R;

use crate::settings::A_TOKEN;
use crate::shell::{quoted, user_flag};

/// The next step, where there is a useful one. `subject` is what the call was about: a path, a dream, a key; `user` whom
/// the command line named.
pub fn step(refusal: &Refusal, subject: Option<&str>, user: Option<&str>) -> Option<String> {
    let fact = |name: &str| refusal.facts.get(name).map(String::as_str);
    let (path, id) = (quoted(fact("path").or(subject).unwrap_or("PATH")), user.map_or("USER".to_owned(), quoted));
    let user = user_flag(user);
    Some(match refusal.reason {
        R::VersionConflict => conflict(&path, &user, fact("current_version")),
        R::ExpectedVersionRequired | R::FileExists => {
            format!("read it: memex cat {path}{user}; then give --expected-version, or --overwrite what is there")
        }
        R::InvalidPath => "paths begin with user/ or shared/, such as user/profile.md".to_owned(),
        R::FileNotFound => format!("see what there is: memex ls{user}"),
        R::UserNotFound => {
            "a user has memory from their first write on; look at the spelling, or at who has any: memex users"
                .to_owned()
        }
        R::DreamNotFound => format!("see which there are: memex dream list{user}"),
        R::DreamingDisabled => {
            "switch it on: memex config set dream_enabled=true (and for the deployment: memory-api config set \
             dream_enabled true)"
                .to_owned()
        }
        R::UserPaused => format!("lift the pause: memex resume{user}"),
        R::PatchNoMatch => format!("nothing was changed; see what it says: memex cat {path}{user}"),
        R::PatchAmbiguous => format!(
            "nothing was changed; give more of the text around it, so that it occurs once: memex cat {path}{user}"
        ),
        R::RevisionNotFound => format!("see which there are: memex log{user}"),
        R::RevisionRedacted => format!("see which others there are: memex log {path}{user}"),
        R::RevisionIsHead => {
            "it is the file's current text: write or delete the file first, then give the same command again".to_owned()
        }
        R::UserErased => format!(
            "see how far it is: memex erase {id} --status; afterwards an operator may let them be written again: memex \
             users readmit {id}"
        ),
        // Of what is no dream the message says what to do.
        R::WrongState => {
            format!("see where it stands: memex dream show {}", subject.filter(|id| id.starts_with("drm_"))?)
        }
        R::DreamStale => stale(subject.filter(|id| id.starts_with("drm_"))?),
        R::DreamOvertaken => "give the same command again: files changed while it was judged".to_owned(),
        R::ReadOnlyScope => "shared/ is written with an operator's token".to_owned(),
        R::RoleRequired => {
            "use a token of the role that may: an operator makes one with `memex token create`".to_owned()
        }
        R::WrongUser => "the token is for another user or workspace, or the id is not of this one".to_owned(),
        R::QuotaExceeded => return quota(fact("quota")).map(str::to_owned),
        R::TokenMissing | R::TokenInvalid | R::TokenExpired => A_TOKEN.to_owned(),
        R::CursorExpired => "begin the listing again".to_owned(),
        R::Overloaded | R::DatabaseUnavailable | R::DeadlineExceeded => {
            "nothing is lost: the same command can be given again in a moment".to_owned()
        }
        R::Internal => match fact("trace_id") {
            Some(trace) => format!("find it in the service's log by its trace: {trace}"),
            None => return None,
        },
        R::FieldInvalid if refusal.violations.iter().any(|(field, _)| field == "user_id") => {
            "name the user: --user, MEMEX_USER, or `user` in the settings file".to_owned()
        }
        _ => return None,
    })
}

fn stale(dream: &str) -> String {
    format!("see what became of it: memex dream show {dream}; a new dream proposes what still holds: memex dream start")
}

fn conflict(path: &str, user: &str, current: Option<&str>) -> String {
    match current {
        // Only a write can make it anew; who patched, moved, deleted or reverted is told that there is nothing to.
        Some("0") => format!(
            "there is no file now: memex log {path}{user} shows what became of it, memex put {path} FILE \
             --expected-version 0{user} makes it anew"
        ),
        Some(version) => format!("read it again: memex cat {path}{user}; it is now at version {version}"),
        None => format!("read it again: memex cat {path}{user}"),
    }
}

fn quota(exceeded: Option<&str>) -> Option<&'static str> {
    match exceeded {
        Some("archive_bytes") => None,
        Some("max_text_bytes") => Some("see how long a text may be: memex config get max_text_bytes"),
        _ => Some(
            "the memory is full: existing files can still be edited; see memex config get max_files max_scope_bytes",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_a_dream_for_what_is_none() {
        let refusal = Refusal::new(R::WrongState, "this service has no erasure key");
        assert_eq!(step(&refusal, Some("user/a.md"), None), None);
        assert_eq!(step(&refusal, None, None), None);
        assert!(step(&refusal, Some("drm_x"), None).unwrap().ends_with("memex dream show drm_x"));
    }

    #[test]
    fn a_quota_is_named_where_it_can_be_seen() {
        let full = |quota: &str| step(&Refusal::new(R::QuotaExceeded, "full").fact("quota", quota), None, None);
        assert_eq!(full("archive_bytes"), None);
        assert!(full("max_text_bytes").unwrap().ends_with("config get max_text_bytes"));
        assert!(full("max_files").unwrap().contains("can still be edited"));
    }
}
